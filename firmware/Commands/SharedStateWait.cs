using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces.State;

namespace Nvmepf.Firmware.Commands;

/// <summary>How long a command waits for the shared state of a namespace (<see cref="NamespaceState"/>): for its turn, for its file, for aborts.</summary>
internal static class SharedStateWait
{
    /// <summary>
    /// Below the 30 s after which hosts begin to abort. A disk that takes longer to store a few hundred bytes is not coming back; the change may
    /// still come into force then, which is what an Internal Error leaves open.
    /// </summary>
    private const long LimitNanoseconds = 20_000_000_000;

    /// <summary>True where the command has waited long enough.</summary>
    internal static bool IsOver(NvmeController controller, ref CommandSlot slot) =>
        controller.Platform.NowNanoseconds - slot.FetchedNanoseconds > LimitNanoseconds;
}
