// Reservation commands: their dwords and data structures (NVMe Base 2.1, 7.5 to 7.8), and the notification log (5.1.12.1.32).
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>RTYPE: the type of a reservation.</summary>
public enum ReservationType : byte
{
    /// <summary>No reservation; reserved in commands.</summary>
    None = 0,

    /// <summary>Write Exclusive.</summary>
    WriteExclusive = 1,

    /// <summary>Exclusive Access.</summary>
    ExclusiveAccess = 2,

    /// <summary>Write Exclusive - Registrants Only.</summary>
    WriteExclusiveRegistrantsOnly = 3,

    /// <summary>Exclusive Access - Registrants Only.</summary>
    ExclusiveAccessRegistrantsOnly = 4,

    /// <summary>Write Exclusive - All Registrants.</summary>
    WriteExclusiveAllRegistrants = 5,

    /// <summary>Exclusive Access - All Registrants.</summary>
    ExclusiveAccessAllRegistrants = 6,
}

/// <summary>RREGA.</summary>
public enum ReservationRegisterAction : byte
{
    /// <summary>Register a key.</summary>
    Register = 0,

    /// <summary>Unregister.</summary>
    Unregister = 1,

    /// <summary>Replace the key.</summary>
    Replace = 2,
}

/// <summary>CPTPL.</summary>
public enum ChangePersistThroughPowerLoss : byte
{
    /// <summary>No change.</summary>
    NoChange = 0,

    /// <summary>Reserved.</summary>
    Reserved = 1,

    /// <summary>Cleared at power on.</summary>
    Clear = 2,

    /// <summary>Kept over a loss of power.</summary>
    Set = 3,
}

/// <summary>RACQA.</summary>
public enum ReservationAcquireAction : byte
{
    /// <summary>Acquire.</summary>
    Acquire = 0,

    /// <summary>Preempt.</summary>
    Preempt = 1,

    /// <summary>Preempt and abort.</summary>
    PreemptAndAbort = 2,
}

/// <summary>RRELA.</summary>
public enum ReservationReleaseAction : byte
{
    /// <summary>Release the reservation.</summary>
    Release = 0,

    /// <summary>Release it and unregister everybody.</summary>
    Clear = 1,
}

/// <summary>CDW10 of Reservation Register.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationRegisterDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>RREGA, bits 2:0.</summary>
    public ReservationRegisterAction Action
    {
        get => (ReservationRegisterAction)Bits.Get(Raw, 0, 3);
        init => Raw = Bits.With(Raw, 0, 3, (uint)value);
    }

    /// <summary>IEKEY, bit 3.</summary>
    public bool IgnoreExistingKey { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }

    /// <summary>DISNSRS, bit 4.</summary>
    public bool DispersedNamespaceReservationSupport { get => Bits.Test(Raw, 4); init => Raw = Bits.With(Raw, 4, value); }

    /// <summary>CPTPL, bits 31:30.</summary>
    public ChangePersistThroughPowerLoss ChangePersistence
    {
        get => (ChangePersistThroughPowerLoss)Bits.Get(Raw, 30, 2);
        init => Raw = Bits.With(Raw, 30, 2, (uint)value);
    }
}

/// <summary>CDW10 of Reservation Acquire.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationAcquireDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>RACQA, bits 2:0.</summary>
    public ReservationAcquireAction Action
    {
        get => (ReservationAcquireAction)Bits.Get(Raw, 0, 3);
        init => Raw = Bits.With(Raw, 0, 3, (uint)value);
    }

    /// <summary>IEKEY, bit 3; has to be 0.</summary>
    public bool IgnoreExistingKey { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }

    /// <summary>DISNSRS, bit 4.</summary>
    public bool DispersedNamespaceReservationSupport { get => Bits.Test(Raw, 4); init => Raw = Bits.With(Raw, 4, value); }

    /// <summary>RTYPE, bits 15:8.</summary>
    public ReservationType Type { get => (ReservationType)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, (uint)value); }
}

/// <summary>CDW10 of Reservation Release.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationReleaseDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>RRELA, bits 2:0.</summary>
    public ReservationReleaseAction Action
    {
        get => (ReservationReleaseAction)Bits.Get(Raw, 0, 3);
        init => Raw = Bits.With(Raw, 0, 3, (uint)value);
    }

    /// <summary>IEKEY, bit 3; has to be 0.</summary>
    public bool IgnoreExistingKey { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }

    /// <summary>DISNSRS, bit 4.</summary>
    public bool DispersedNamespaceReservationSupport { get => Bits.Test(Raw, 4); init => Raw = Bits.With(Raw, 4, value); }

    /// <summary>RTYPE, bits 15:8.</summary>
    public ReservationType Type { get => (ReservationType)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, (uint)value); }
}

/// <summary>CDW10 of Reservation Report.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationReportDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NUMD: dwords to transfer, minus one.</summary>
    public uint NumberOfDwordsZeroBased { get => Raw; init => Raw = value; }
}

/// <summary>CDW11 of Reservation Report.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationReportDword11(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>EDS, bit 0: the extended data structure.</summary>
    public bool ExtendedDataStructure { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>DISNSRS, bit 1.</summary>
    public bool DispersedNamespaceReservationSupport { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }
}

/// <summary>Data of Reservation Register, 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public struct ReservationRegisterData
{
    /// <summary>CRKEY.</summary>
    [FieldOffset(0)] public ulong CurrentReservationKey;

    /// <summary>NRKEY.</summary>
    [FieldOffset(8)] public ulong NewReservationKey;
}

/// <summary>Data of Reservation Acquire, 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public struct ReservationAcquireData
{
    /// <summary>CRKEY.</summary>
    [FieldOffset(0)] public ulong CurrentReservationKey;

    /// <summary>PRKEY.</summary>
    [FieldOffset(8)] public ulong PreemptReservationKey;
}

/// <summary>Header of the Reservation Status data structure, 24 bytes; the extended one has 40 reserved bytes after it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24, Pack = 1)]
public struct ReservationStatusHeader
{
    /// <summary>Bytes before the first entry of the extended data structure.</summary>
    public const int ExtendedSizeBytes = 64;

    /// <summary>GEN.</summary>
    [FieldOffset(0)] public uint Generation;

    /// <summary>RTYPE.</summary>
    [FieldOffset(4)] public ReservationType Type;

    /// <summary>REGCTL: entries that follow.</summary>
    [FieldOffset(5)] public ushort NumberOfRegisteredControllers;

    /// <summary>PTPLS: 0 or 1.</summary>
    [FieldOffset(9)] public byte PersistThroughPowerLossState;
}

/// <summary>Registered Controller data structure, 24 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24, Pack = 1)]
public struct RegisteredController
{
    /// <summary>CNTLID of a registrant without a controller.</summary>
    public const ushort NoController = 0xFFFF;

    /// <summary>CNTLID.</summary>
    [FieldOffset(0)] public ushort ControllerIdentifier;

    /// <summary>RCSTS: bit 0, the host holds the reservation.</summary>
    [FieldOffset(2)] public byte ReservationStatus;

    /// <summary>HOSTID, 8 bytes.</summary>
    [FieldOffset(8)] public ulong HostIdentifier;

    /// <summary>RKEY.</summary>
    [FieldOffset(16)] public ulong ReservationKey;
}

/// <summary>Registered Controller Extended data structure, 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64, Pack = 1)]
public struct RegisteredControllerExtended
{
    /// <summary>CNTLID.</summary>
    [FieldOffset(0)] public ushort ControllerIdentifier;

    /// <summary>RCSTS: bit 0, the host holds the reservation.</summary>
    [FieldOffset(2)] public byte ReservationStatus;

    /// <summary>RKEY.</summary>
    [FieldOffset(8)] public ulong ReservationKey;

    /// <summary>HOSTID, 16 bytes.</summary>
    [FieldOffset(16)] public UInt128 HostIdentifier;
}

/// <summary>RNLPT: what a Reservation Notification log page tells.</summary>
public enum ReservationNotificationType : byte
{
    /// <summary>Nothing: there was no unread page.</summary>
    Empty = 0,

    /// <summary>Registration preempted.</summary>
    RegistrationPreempted = 1,

    /// <summary>Reservation released.</summary>
    ReservationReleased = 2,

    /// <summary>Reservation preempted.</summary>
    ReservationPreempted = 3,
}

/// <summary>Reservation Notification log page, 80h, 64 bytes (NVMe Base 2.1, 5.1.12.1.32).</summary>
[StructLayout(LayoutKind.Explicit, Size = 64, Pack = 1)]
public struct ReservationNotificationLog
{
    /// <summary>LPC: number of the notification; 0 for none.</summary>
    [FieldOffset(0)] public ulong LogPageCount;

    /// <summary>RNLPT.</summary>
    [FieldOffset(8)] public ReservationNotificationType Type;

    /// <summary>NALP: more pages that wait, at most 255.</summary>
    [FieldOffset(9)] public byte NumberOfAvailableLogPages;

    /// <summary>NSID.</summary>
    [FieldOffset(12)] public uint NamespaceIdentifier;
}
