using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Nvmepf.Hal.Rk3588;

/// <summary>What the platform can be told to do wrong.</summary>
internal enum BoardSabotageKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Points a region elsewhere while stores through it are on their way.</summary>
    SkipRegionFlush,

    /// <summary>Takes what the DMA engine has read without dropping what the caches hold of it.</summary>
    SkipForgetAfterRead,

    /// <summary>Lets the link train after a reset without writing the outbound regions again.</summary>
    ReleaseBeforeRestore,

    /// <summary>Sends messages of vectors that the host has masked.</summary>
    IgnoreVectorMask,

    /// <summary>Never takes INTx back.</summary>
    KeepLevel,
}

/// <summary>
/// Faults built into the platform on purpose, for the simulation that must find them. Compiled out of the published binary, by the same switch
/// as the firmware's.
/// </summary>
internal static class BoardSabotage
{
    [ThreadStatic]
    private static BoardSabotageKind t_kind;

    /// <summary>The compile-time switch <c>Nvmepf.Sabotage</c>.</summary>
    [FeatureSwitchDefinition("Nvmepf.Sabotage")]
    public static bool IsSupported { get; } = AppContext.TryGetSwitch("Nvmepf.Sabotage", out bool isOn) && isOn;

    /// <summary>What the platform on the calling thread does wrong.</summary>
    public static BoardSabotageKind Kind
    {
        get => t_kind;
        set => t_kind = value;
    }

    /// <summary>True where it is to do this wrong.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(BoardSabotageKind kind) => IsSupported && t_kind == kind;
}
