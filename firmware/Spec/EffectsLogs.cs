// Log pages that say what is supported: 00h, 05h and 12h (NVMe Base 2.1, 5.1.12.1.1, 5.1.12.1.6, 5.1.12.1.18).
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>256 entries of the Supported Log Pages log in line.</summary>
[InlineArray(256)]
public struct SupportedLogPages256
{
    private SupportedLogPage _first;
}

/// <summary>256 entries of the Commands Supported and Effects log in line.</summary>
[InlineArray(256)]
public struct CommandsSupportedAndEffects256
{
    private CommandSupportedAndEffects _first;
}

/// <summary>256 entries of the Feature Identifiers Supported and Effects log in line.</summary>
[InlineArray(256)]
public struct FeatureIdentifiersSupportedAndEffects256
{
    private FeatureIdentifierSupportedAndEffects _first;
}
/// <summary>LID Supported and Effects, 4 bytes.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct SupportedLogPage(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>LSUPP, bit 0.</summary>
    public bool LogPageSupported { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>IOS, bit 1: CDW14.OT may be set.</summary>
    public bool IndexOffsetSupported { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>LIDSP, bits 31:16.</summary>
    public ushort LidSpecificParameter { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>Supported Log Pages log page, 00h, 1024 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 1024, Pack = 1)]
public struct SupportedLogPagesLog
{
    /// <summary>An entry for each log page identifier.</summary>
    [FieldOffset(0)] public SupportedLogPages256 LogPages;
}

/// <summary>CSE: whether other commands may run at the same time.</summary>
public enum CommandSubmissionAndExecution : byte
{
    /// <summary>No restriction.</summary>
    NoRestriction = 0,

    /// <summary>Not with another command to the same namespace.</summary>
    NoOtherCommandSameNamespace = 1,

    /// <summary>Not with another command to any namespace.</summary>
    NoOtherCommandAnyNamespace = 2,
}

/// <summary>Commands Supported and Effects, 4 bytes.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CommandSupportedAndEffects(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>CSUPP, bit 0.</summary>
    public bool CommandSupported { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>LBCC, bit 1.</summary>
    public bool LogicalBlockContentChange { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>NCC, bit 2.</summary>
    public bool NamespaceCapabilityChange { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }

    /// <summary>NIC, bit 3.</summary>
    public bool NamespaceInventoryChange { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }

    /// <summary>CCC, bit 4.</summary>
    public bool ControllerCapabilityChange { get => Bits.Test(Raw, 4); init => Raw = Bits.With(Raw, 4, value); }

    /// <summary>CSER, bits 15:14.</summary>
    public byte CommandSubmissionAndExecutionRelaxations { get => (byte)Bits.Get(Raw, 14, 2); init => Raw = Bits.With(Raw, 14, 2, value); }

    /// <summary>CSE, bits 18:16.</summary>
    public CommandSubmissionAndExecution CommandSubmissionAndExecution
    {
        get => (CommandSubmissionAndExecution)Bits.Get(Raw, 16, 3);
        init => Raw = Bits.With(Raw, 16, 3, (uint)value);
    }

    /// <summary>USS, bit 19.</summary>
    public bool UuidSelectionSupported { get => Bits.Test(Raw, 19); init => Raw = Bits.With(Raw, 19, value); }

    /// <summary>CSP, bits 31:20.</summary>
    public EffectsScope Scope { get => (EffectsScope)Bits.Get(Raw, 20, 12); init => Raw = Bits.With(Raw, 20, 12, (uint)value); }
}

/// <summary>CSP and FSP: what a command or feature acts on.</summary>
[Flags]
public enum EffectsScope : ushort
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Namespace scope.</summary>
    Namespace = 1 << 0,

    /// <summary>Controller scope.</summary>
    Controller = 1 << 1,

    /// <summary>NVM set scope.</summary>
    NvmSet = 1 << 2,

    /// <summary>Endurance group scope.</summary>
    EnduranceGroup = 1 << 3,

    /// <summary>Domain scope.</summary>
    Domain = 1 << 4,

    /// <summary>NVM subsystem scope.</summary>
    NvmSubsystem = 1 << 5,

    /// <summary>Controller data queue scope.</summary>
    ControllerDataQueue = 1 << 6,
}

/// <summary>Commands Supported and Effects log page, 05h, 4096 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct CommandsSupportedAndEffectsLog
{
    /// <summary>An entry for each admin opcode (ACS0 to ACS255).</summary>
    [FieldOffset(0)] public CommandsSupportedAndEffects256 AdminCommands;

    /// <summary>An entry for each I/O opcode of the command set that CSI selects (IOCS0 to IOCS255).</summary>
    [FieldOffset(1024)] public CommandsSupportedAndEffects256 IoCommands;
}

/// <summary>FID Supported and Effects, 4 bytes.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct FeatureIdentifierSupportedAndEffects(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>FSUPP, bit 0.</summary>
    public bool FeatureSupported { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>UDCC, bit 1.</summary>
    public bool UserDataContentChange { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>NCC, bit 2.</summary>
    public bool NamespaceCapabilityChange { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }

    /// <summary>NIC, bit 3.</summary>
    public bool NamespaceInventoryChange { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }

    /// <summary>CCC, bit 4.</summary>
    public bool ControllerCapabilityChange { get => Bits.Test(Raw, 4); init => Raw = Bits.With(Raw, 4, value); }

    /// <summary>USS, bit 19.</summary>
    public bool UuidSelectionSupported { get => Bits.Test(Raw, 19); init => Raw = Bits.With(Raw, 19, value); }

    /// <summary>FSP, bits 31:20.</summary>
    public EffectsScope Scope { get => (EffectsScope)Bits.Get(Raw, 20, 12); init => Raw = Bits.With(Raw, 20, 12, (uint)value); }
}

/// <summary>Feature Identifiers Supported and Effects log page, 12h, 1024 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 1024, Pack = 1)]
public struct FeatureIdentifiersSupportedAndEffectsLog
{
    /// <summary>An entry for each feature identifier.</summary>
    [FieldOffset(0)] public FeatureIdentifiersSupportedAndEffects256 Features;
}
