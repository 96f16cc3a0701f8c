using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>What the firmware can be told to do wrong.</summary>
internal enum SabotageKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Takes commands without a place for their completion.</summary>
    SkipCredit,

    /// <summary>Posts the completion of a read before its data has gone out.</summary>
    CompleteBeforeData,

    /// <summary>Loses the first I/O completion after each reset.</summary>
    DropCompletion,

    /// <summary>Reports success where the DMA of data failed.</summary>
    HideDmaError,

    /// <summary>Ends Flush without flushing.</summary>
    SkipFlush,

    /// <summary>Raises no interrupt for what is posted while another waits to be raised.</summary>
    LoseInterrupt,

    /// <summary>Takes a completion entry for sent that did not arrive.</summary>
    ForgetFailedEntry,

    /// <summary>Does not invert the phase tag where a completion queue begins anew.</summary>
    KeepPhase,
}

/// <summary>
/// Faults built in on purpose, for the tests that must find them: a simulation that finds nothing proves nothing. Compiled out of the
/// published binary.
/// </summary>
internal static class Sabotage
{
    [ThreadStatic]
    private static SabotageKind t_kind;

    /// <summary>The compile-time switch <c>Nvmepf.Sabotage</c>.</summary>
    [FeatureSwitchDefinition("Nvmepf.Sabotage")]
    public static bool IsSupported { get; } = AppContext.TryGetSwitch("Nvmepf.Sabotage", out bool isOn) && isOn;

    /// <summary>What the firmware on the calling thread does wrong.</summary>
    public static SabotageKind Kind
    {
        get => t_kind;
        set => t_kind = value;
    }

    /// <summary>True where it is to do this wrong.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(SabotageKind kind) => IsSupported && t_kind == kind;
}
