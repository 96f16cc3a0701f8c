using Nvmepf.Hal;
using Nvmepf.Hal.Inspection;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary>
/// The NVMe registers of BAR 0 (NVMe Base 2.1 section 3.1.4) as rows, words of 32 bits; their fields are those of the layouts in Spec. A 64-bit
/// register is two rows.
/// </summary>
internal static class NvmeRegisterRows
{
    private const uint HighHalf = 4;

    /// <summary>The rows.</summary>
    public static IReadOnlyList<RegisterRow> Rows { get; } =
    [
        RegisterRow.Of("cap-low", RegisterOffset.ControllerCapabilities, static raw => new ControllerCapabilities(raw).ToString()),
        RegisterRow.Of("cap-high", RegisterOffset.ControllerCapabilities + HighHalf, static raw => new ControllerCapabilities((ulong)raw << 32).ToString()),
        RegisterRow.Of("vs", RegisterOffset.Version, static raw => new Spec.Version(raw).ToString()),
        Word("intms", RegisterOffset.InterruptMaskSet),
        Word("intmc", RegisterOffset.InterruptMaskClear),
        RegisterRow.Of("cc", RegisterOffset.ControllerConfiguration, static raw => new ControllerConfiguration(raw).ToString()),
        RegisterRow.Of("csts", RegisterOffset.ControllerStatus, static raw => new ControllerStatus(raw).ToString()),
        RegisterRow.Of("aqa", RegisterOffset.AdminQueueAttributes, static raw => new AdminQueueAttributes(raw).ToString()),
        Word("asq-low", RegisterOffset.AdminSubmissionQueueBase),
        Word("asq-high", RegisterOffset.AdminSubmissionQueueBase + HighHalf),
        Word("acq-low", RegisterOffset.AdminCompletionQueueBase),
        Word("acq-high", RegisterOffset.AdminCompletionQueueBase + HighHalf),
        RegisterRow.Of("crto", RegisterOffset.ControllerReadyTimeouts, static raw => new ControllerReadyTimeouts(raw).ToString()),
    ];

    /// <summary>Reads a word of BAR 0, which is memory and may be read by any thread.</summary>
    public static unsafe uint Read(Bar0Memory bar, uint offsetBytes) => Mmio.Read32(bar.Word32(offsetBytes));

    private static RegisterRow Word(string name, uint offsetBytes) => RegisterRow.Of(name, offsetBytes, static raw => $"{{ Value = {raw:x8}h }}");
}
