// Endurance groups: log pages 09h and 0Fh, feature 18h and the list of Identify (NVMe Base 2.1, 5.1.12.1.10, 5.1.12.1.16, 5.1.25.1.16).
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>Endurance Group Information log page, 09h, 512 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 512, Pack = 1)]
public struct EnduranceGroupInformationLog
{
    /// <summary>EGCW: bits 0 (spare), 2 (reliability) and 3 (read-only) of the SMART log's.</summary>
    [FieldOffset(0)] public CriticalWarning CriticalWarning;

    /// <summary>EGFEAT: bit 0, rotational media.</summary>
    [FieldOffset(1)] public byte Features;

    /// <summary>AVSP.</summary>
    [FieldOffset(3)] public byte AvailableSparePercent;

    /// <summary>AVSPT.</summary>
    [FieldOffset(4)] public byte AvailableSpareThresholdPercent;

    /// <summary>PUSED.</summary>
    [FieldOffset(5)] public byte PercentageUsed;

    /// <summary>DID.</summary>
    [FieldOffset(6)] public ushort DomainIdentifier;

    /// <summary>EE, in units of 10^9 bytes; 0 for not reported.</summary>
    [FieldOffset(32)] public UInt128 EnduranceEstimateInGigabytes;

    /// <summary>DUR, in units of 10^9 bytes.</summary>
    [FieldOffset(48)] public UInt128 DataUnitsReadInGigabytes;

    /// <summary>DUW, in units of 10^9 bytes.</summary>
    [FieldOffset(64)] public UInt128 DataUnitsWrittenInGigabytes;

    /// <summary>MUW, in units of 10^9 bytes.</summary>
    [FieldOffset(80)] public UInt128 MediaUnitsWrittenInGigabytes;

    /// <summary>HRC.</summary>
    [FieldOffset(96)] public UInt128 HostReadCommands;

    /// <summary>HWC.</summary>
    [FieldOffset(112)] public UInt128 HostWriteCommands;

    /// <summary>MDIE.</summary>
    [FieldOffset(128)] public UInt128 MediaAndDataIntegrityErrors;

    /// <summary>NEILE.</summary>
    [FieldOffset(144)] public UInt128 NumberOfErrorInformationLogEntries;

    /// <summary>TEGCAP.</summary>
    [FieldOffset(160)] public UInt128 TotalCapacityBytes;

    /// <summary>UEGCAP.</summary>
    [FieldOffset(176)] public UInt128 UnallocatedCapacityBytes;
}

/// <summary>Header of the Endurance Group Event Aggregate log page, 0Fh, 8 bytes; 16-bit identifiers follow.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8, Pack = 1)]
public struct EnduranceGroupEventAggregateHeader
{
    /// <summary>NENT.</summary>
    [FieldOffset(0)] public ulong NumberOfEntries;
}

/// <summary>Endurance Group Event Configuration, FID 18h, CDW11.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct EnduranceGroupEventConfigurationFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>ENDGID, bits 15:0.</summary>
    public ushort EnduranceGroupIdentifier { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>EGCW, bits 23:16: which critical warnings of the group put it on the Event Aggregate log.</summary>
    public CriticalWarning CriticalWarnings
    {
        get => (CriticalWarning)Bits.Get(Raw, 16, 8);
        init => Raw = Bits.With(Raw, 16, 8, (uint)value);
    }
}

/// <summary>Endurance Group list of Identify, CNS 19h, 4096 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct EnduranceGroupList
{
    /// <summary>NUM.</summary>
    [FieldOffset(0)] public ushort NumberOfIdentifiers;

    /// <summary>Identifiers, ascending.</summary>
    [FieldOffset(2)] public ControllerIdentifiers2047 Identifiers;
}

/// <summary>NWPC: which states Namespace Write Protection Config offers.</summary>
[System.Flags]
public enum WriteProtectionCapabilities : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No write protect, and write protect.</summary>
    WriteProtect = 1 << 0,

    /// <summary>Until the next power cycle.</summary>
    UntilPowerCycle = 1 << 1,

    /// <summary>For ever.</summary>
    Permanent = 1 << 2,
}
