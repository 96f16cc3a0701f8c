// Log page data structures (NVMe Base 2.1, 5.1.12.1).
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>8 words in line.</summary>
[InlineArray(8)]
public struct Words8
{
    private ushort _first;
}

/// <summary>7 firmware revisions of 8 ASCII bytes in line.</summary>
[InlineArray(7)]
public struct FirmwareRevisions7
{
    private Bytes8 _first;
}
/// <summary>Which bit of the command an error is about; FFFFh for none.</summary>
/// <param name="raw">The whole word.</param>
public readonly struct ParameterErrorLocation(ushort raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly ushort Raw = raw;

    /// <summary>Bits 7:0: the byte of the SQE.</summary>
    public byte Byte { get => (byte)Bits.Get(Raw, 0, 8); init => Raw = (ushort)Bits.With(Raw, 0, 8, value); }

    /// <summary>Bits 10:8: the bit of that byte.</summary>
    public byte Bit { get => (byte)Bits.Get(Raw, 8, 3); init => Raw = (ushort)Bits.With(Raw, 8, 3, value); }

        /// <summary>The error is not about one field of the command.</summary>
        public static ParameterErrorLocation NotSpecific => new(0xFFFF);
}

/// <summary>Error Information Log Entry, log page 01h, 64 bytes (NVMe Base 2.1, 5.1.12.1.2).</summary>
[StructLayout(LayoutKind.Explicit, Size = 64, Pack = 1)]
public struct ErrorInformationLogEntry
{
    /// <summary>Counts errors over the controller's life, from 1; 0 for an unused entry.</summary>
    [FieldOffset(0)] public ulong ErrorCount;

    /// <summary>SQID; FFFFh where the error is not of one command.</summary>
    [FieldOffset(8)] public ushort SubmissionQueueIdentifier;

    /// <summary>CID; FFFFh where the error is not of one command.</summary>
    [FieldOffset(10)] public ushort CommandIdentifier;

    /// <summary>Status field in bits 15:1; the phase tag in bit 0 may be zero.</summary>
    [FieldOffset(12)] public CompletionStatus StatusInfo;

    /// <summary>The byte and bit of the command that is wrong.</summary>
    [FieldOffset(14)] public ParameterErrorLocation ParameterErrorLocation;

    /// <summary>The first LBA that had the error.</summary>
    [FieldOffset(16)] public ulong Lba;

    /// <summary>The namespace of the error.</summary>
    [FieldOffset(24)] public uint NamespaceIdentifier;

    /// <summary>VSIA: the log page with more, or 0.</summary>
    [FieldOffset(28)] public byte VendorSpecificInformationAvailable;

    /// <summary>TRTYPE; 0 where not reported.</summary>
    [FieldOffset(29)] public byte TransportType;

    /// <summary>CSI; valid if LPVER is 1 or more.</summary>
    [FieldOffset(30)] public CommandSetIdentifier CommandSetIdentifier;

    /// <summary>OPC; valid if LPVER is 1 or more.</summary>
    [FieldOffset(31)] public byte Opcode;

    /// <summary>CSINFO.</summary>
    [FieldOffset(32)] public ulong CommandSpecificInformation;

    /// <summary>TTSI.</summary>
    [FieldOffset(40)] public ushort TransportTypeSpecificInformation;

    /// <summary>LPVER: 1h.</summary>
    [FieldOffset(63)] public byte LogPageVersion;
}

/// <summary>Critical Warning of the SMART / Health Information log.</summary>
[Flags]
public enum CriticalWarning : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>ASCBT.</summary>
    AvailableSpareBelowThreshold = 1 << 0,

    /// <summary>TTC: over or under a threshold.</summary>
    TemperatureThreshold = 1 << 1,

    /// <summary>NDR.</summary>
    NvmSubsystemReliabilityDegraded = 1 << 2,

    /// <summary>AMRO.</summary>
    AllMediaReadOnly = 1 << 3,

    /// <summary>VMBF.</summary>
    VolatileMemoryBackupFailed = 1 << 4,

    /// <summary>PMRRO.</summary>
    PersistentMemoryRegionUnreliable = 1 << 5,
}

/// <summary>SMART / Health Information log page, 02h, 512 bytes (NVMe Base 2.1, 5.1.12.1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 512, Pack = 1)]
public struct SmartHealthLog
{
    /// <summary>CW.</summary>
    [FieldOffset(0)] public CriticalWarning CriticalWarning;

    /// <summary>CTEMP; not aligned.</summary>
    [FieldOffset(1)] public ushort CompositeTemperatureKelvin;

    /// <summary>AVSP.</summary>
    [FieldOffset(3)] public byte AvailableSparePercent;

    /// <summary>AVSPT.</summary>
    [FieldOffset(4)] public byte AvailableSpareThresholdPercent;

    /// <summary>PUSED: 0 to 254, 255 for more.</summary>
    [FieldOffset(5)] public byte PercentageUsed;

    /// <summary>EGCWS: bits 0, 2 and 3 as of CW.</summary>
    [FieldOffset(6)] public CriticalWarning EnduranceGroupCriticalWarningSummary;

    /// <summary>DUR: units of 1000 blocks of 512 bytes, rounded up.</summary>
    [FieldOffset(32)] public UInt128 DataUnitsReadIn1000LogicalUnits;

    /// <summary>DUW: units of 1000 blocks of 512 bytes, rounded up.</summary>
    [FieldOffset(48)] public UInt128 DataUnitsWrittenIn1000LogicalUnits;

    /// <summary>HRC.</summary>
    [FieldOffset(64)] public UInt128 HostReadCommands;

    /// <summary>HWC.</summary>
    [FieldOffset(80)] public UInt128 HostWriteCommands;

    /// <summary>CBT.</summary>
    [FieldOffset(96)] public UInt128 ControllerBusyTimeMinutes;

    /// <summary>PWRC.</summary>
    [FieldOffset(112)] public UInt128 PowerCycles;

    /// <summary>POH.</summary>
    [FieldOffset(128)] public UInt128 PowerOnHours;

    /// <summary>UPL.</summary>
    [FieldOffset(144)] public UInt128 UnsafeShutdowns;

    /// <summary>MDIE.</summary>
    [FieldOffset(160)] public UInt128 MediaAndDataIntegrityErrors;

    /// <summary>NEILE: over the controller's life.</summary>
    [FieldOffset(176)] public UInt128 NumberOfErrorInformationLogEntries;

    /// <summary>WCTT.</summary>
    [FieldOffset(192)] public uint WarningCompositeTemperatureTimeMinutes;

    /// <summary>CCTT.</summary>
    [FieldOffset(196)] public uint CriticalCompositeTemperatureTimeMinutes;

    /// <summary>TSEN1 to TSEN8; 0 for no sensor.</summary>
    [FieldOffset(200)] public Words8 TemperatureSensorsKelvin;

    /// <summary>TMT1TC.</summary>
    [FieldOffset(216)] public uint ThermalManagementTemperature1TransitionCount;

    /// <summary>TMT2TC.</summary>
    [FieldOffset(220)] public uint ThermalManagementTemperature2TransitionCount;

    /// <summary>TTTMT1.</summary>
    [FieldOffset(224)] public uint TotalTimeForThermalManagementTemperature1Seconds;

    /// <summary>TTTMT2.</summary>
    [FieldOffset(228)] public uint TotalTimeForThermalManagementTemperature2Seconds;
}

/// <summary>AFI of the Firmware Slot Information log.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct ActiveFirmwareInfo(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>CAFSL, bits 2:0: the slot that the running image came from.</summary>
    public byte ActiveSlot { get => (byte)Bits.Get(Raw, 0, 3); init => Raw = (byte)Bits.With(Raw, 0, 3, value); }

    /// <summary>NCRAFSL, bits 6:4: the slot used at the next reset; 0 for none given.</summary>
    public byte NextResetSlot { get => (byte)Bits.Get(Raw, 4, 3); init => Raw = (byte)Bits.With(Raw, 4, 3, value); }
}

/// <summary>Firmware Slot Information log page, 03h, 512 bytes (NVMe Base 2.1, 5.1.12.1.4).</summary>
[StructLayout(LayoutKind.Explicit, Size = 512, Pack = 1)]
public struct FirmwareSlotInformationLog
{
    /// <summary>AFI.</summary>
    [FieldOffset(0)] public ActiveFirmwareInfo ActiveFirmwareInfo;

    /// <summary>FRS1 to FRS7, ASCII padded with spaces; zero for an empty slot.</summary>
    [FieldOffset(8)] public FirmwareRevisions7 FirmwareRevisions;
}

/// <summary>Changed Attached Namespace List log page, 04h, 4096 bytes (NVMe Base 2.1, 5.1.12.1.5).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct ChangedNamespaceList
{
    /// <summary>NSIDs in ascending order, zero after the last; FFFFFFFFh and zeroes if there were more than 1024.</summary>
    [FieldOffset(0)] public NamespaceIdentifiers1024 Identifiers;
}
