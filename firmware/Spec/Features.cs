// Feature values: CDW11 of Set Features, DW0 of the completion of Get Features, and data
// (NVMe Base 2.1, 5.1.25.1; NVM Command Set 1.1, 4.1.3).
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>Arbitration, FID 01h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ArbitrationFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>AB, bits 2:0: 2^AB commands at a time from a queue; 7 for no limit.</summary>
    public byte ArbitrationBurstLog2 { get => (byte)Bits.Get(Raw, 0, 3); init => Raw = Bits.With(Raw, 0, 3, value); }

    /// <summary>LPW, bits 15:8: commands a round, minus one.</summary>
    public byte LowPriorityWeightZeroBased { get => (byte)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, value); }

    /// <summary>MPW, bits 23:16: commands a round, minus one.</summary>
    public byte MediumPriorityWeightZeroBased { get => (byte)Bits.Get(Raw, 16, 8); init => Raw = Bits.With(Raw, 16, 8, value); }

    /// <summary>HPW, bits 31:24: commands a round, minus one.</summary>
    public byte HighPriorityWeightZeroBased { get => (byte)Bits.Get(Raw, 24, 8); init => Raw = Bits.With(Raw, 24, 8, value); }
}

/// <summary>Power Management, FID 02h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct PowerManagementFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>PS, bits 4:0.</summary>
    public byte PowerState { get => (byte)Bits.Get(Raw, 0, 5); init => Raw = Bits.With(Raw, 0, 5, value); }

    /// <summary>WH, bits 7:5.</summary>
    public byte WorkloadHint { get => (byte)Bits.Get(Raw, 5, 3); init => Raw = Bits.With(Raw, 5, 3, value); }
}

/// <summary>LBA Range Type, FID 03h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct LbaRangeTypeFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NUM, bits 5:0: LBA ranges, minus one.</summary>
    public byte NumberOfLbaRangesZeroBased { get => (byte)Bits.Get(Raw, 0, 6); init => Raw = Bits.With(Raw, 0, 6, value); }
}

/// <summary>THSEL of the Temperature Threshold feature.</summary>
public enum ThresholdTypeSelect : byte
{
    /// <summary>Over temperature threshold.</summary>
    OverTemperature = 0,

    /// <summary>Under temperature threshold.</summary>
    UnderTemperature = 1,
}

/// <summary>Temperature Threshold, FID 04h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct TemperatureThresholdFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>TMPTH, bits 15:0.</summary>
    public ushort TemperatureThresholdKelvin { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>TMPSEL, bits 19:16: 0 composite, 1 to 8 a sensor, Fh all sensors (Set Features).</summary>
    public byte ThresholdTemperatureSelect { get => (byte)Bits.Get(Raw, 16, 4); init => Raw = Bits.With(Raw, 16, 4, value); }

    /// <summary>THSEL, bits 21:20.</summary>
    public ThresholdTypeSelect ThresholdTypeSelect
    {
        get => (ThresholdTypeSelect)Bits.Get(Raw, 20, 2);
        init => Raw = Bits.With(Raw, 20, 2, (uint)value);
    }

    /// <summary>TMPTHH, bits 24:22.</summary>
    public byte TemperatureThresholdHysteresisKelvin { get => (byte)Bits.Get(Raw, 22, 3); init => Raw = Bits.With(Raw, 22, 3, value); }
}

/// <summary>Error Recovery, FID 05h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ErrorRecoveryFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>TLER, bits 15:0, in units of 100 ms; 0 for no limit.</summary>
    public ushort TimeLimitedErrorRecoveryIn100Milliseconds
    {
        get => (ushort)Bits.Get(Raw, 0, 16);
        init => Raw = Bits.With(Raw, 0, 16, value);
    }

    /// <summary>DULBE, bit 16.</summary>
    public bool DeallocatedOrUnwrittenErrorEnable { get => Bits.Test(Raw, 16); init => Raw = Bits.With(Raw, 16, value); }
}

/// <summary>Volatile Write Cache, FID 06h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct VolatileWriteCacheFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>WCE, bit 0.</summary>
    public bool Enable { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }
}

/// <summary>Number of Queues, FID 07h: requested in CDW11 (NSQR, NCQR), allocated in DW0 (NSQA, NCQA).</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct NumberOfQueuesFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NSQR or NSQA, bits 15:0: I/O submission queues, minus one.</summary>
    public ushort SubmissionQueuesZeroBased { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>NCQR or NCQA, bits 31:16: I/O completion queues, minus one.</summary>
    public ushort CompletionQueuesZeroBased { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>Interrupt Coalescing, FID 08h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct InterruptCoalescingFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>THR, bits 7:0: entries per vector before an interrupt, minus one.</summary>
    public byte AggregationThresholdZeroBased { get => (byte)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, value); }

    /// <summary>TIME, bits 15:8, in units of 100 us; 0 for no delay.</summary>
    public byte AggregationTimeIn100Microseconds { get => (byte)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, value); }
}

/// <summary>Interrupt Vector Configuration, FID 09h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct InterruptVectorConfigurationFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>IV, bits 15:0.</summary>
    public ushort InterruptVector { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>CD, bit 16.</summary>
    public bool CoalescingDisable { get => Bits.Test(Raw, 16); init => Raw = Bits.With(Raw, 16, value); }
}

/// <summary>Write Atomicity Normal, FID 0Ah.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct WriteAtomicityNormalFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>DN, bit 0: AWUN and NAWUN need not be honoured.</summary>
    public bool DisableNormal { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }
}

/// <summary>Asynchronous Event Configuration, FID 0Bh.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct AsynchronousEventConfigurationFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>SHCW, bits 7:0: which critical warnings raise an event.</summary>
    public CriticalWarning CriticalWarnings
    {
        get => (CriticalWarning)Bits.Get(Raw, 0, 8);
        init => Raw = Bits.With(Raw, 0, 8, (uint)value);
    }

    /// <summary>NAN, bit 8.</summary>
    public bool AttachedNamespaceAttributeNotices { get => Bits.Test(Raw, 8); init => Raw = Bits.With(Raw, 8, value); }

    /// <summary>FAN, bit 9.</summary>
    public bool FirmwareActivationNotices { get => Bits.Test(Raw, 9); init => Raw = Bits.With(Raw, 9, value); }

    /// <summary>TLN, bit 10.</summary>
    public bool TelemetryLogNotices { get => Bits.Test(Raw, 10); init => Raw = Bits.With(Raw, 10, value); }

    /// <summary>ANACN, bit 11.</summary>
    public bool AsymmetricNamespaceAccessChangeNotices { get => Bits.Test(Raw, 11); init => Raw = Bits.With(Raw, 11, value); }

    /// <summary>PLEALCN, bit 12.</summary>
    public bool PredictableLatencyEventAggregateLogChangeNotices { get => Bits.Test(Raw, 12); init => Raw = Bits.With(Raw, 12, value); }

    /// <summary>LSIAN, bit 13.</summary>
    public bool LbaStatusInformationAlertNotices { get => Bits.Test(Raw, 13); init => Raw = Bits.With(Raw, 13, value); }

    /// <summary>EGEALCN, bit 14.</summary>
    public bool EnduranceGroupEventAggregateLogPageChangeNotices { get => Bits.Test(Raw, 14); init => Raw = Bits.With(Raw, 14, value); }

    /// <summary>NNSSHDN, bit 15.</summary>
    public bool NormalNvmSubsystemShutdown { get => Bits.Test(Raw, 15); init => Raw = Bits.With(Raw, 15, value); }

    /// <summary>TTHRY, bit 16.</summary>
    public bool TemperatureThresholdHysteresisRecovery { get => Bits.Test(Raw, 16); init => Raw = Bits.With(Raw, 16, value); }

    /// <summary>RASSN, bit 17.</summary>
    public bool ReachabilityAssociationChangeNotices { get => Bits.Test(Raw, 17); init => Raw = Bits.With(Raw, 17, value); }

    /// <summary>RGRP0, bit 18.</summary>
    public bool ReachabilityGroupChangeNotices { get => Bits.Test(Raw, 18); init => Raw = Bits.With(Raw, 18, value); }

    /// <summary>ANSAN, bit 19.</summary>
    public bool AllocatedNamespaceAttributeNotices { get => Bits.Test(Raw, 19); init => Raw = Bits.With(Raw, 19, value); }

    /// <summary>ZDCN, bit 27.</summary>
    public bool ZoneDescriptorChangedNotices { get => Bits.Test(Raw, 27); init => Raw = Bits.With(Raw, 27, value); }

    /// <summary>PMDRLPCN, bit 28.</summary>
    public bool PullModelDdcRequestLogPageChangeNotices { get => Bits.Test(Raw, 28); init => Raw = Bits.With(Raw, 28, value); }

    /// <summary>ADLPCN, bit 29.</summary>
    public bool AveDiscoveryLogPageChangeNotices { get => Bits.Test(Raw, 29); init => Raw = Bits.With(Raw, 29, value); }

    /// <summary>HDLPCN, bit 30.</summary>
    public bool HostDiscoveryLogPageChangeNotices { get => Bits.Test(Raw, 30); init => Raw = Bits.With(Raw, 30, value); }

    /// <summary>DLPCN, bit 31.</summary>
    public bool DiscoveryLogPageChangeNotices { get => Bits.Test(Raw, 31); init => Raw = Bits.With(Raw, 31, value); }
}

/// <summary>Autonomous Power State Transition, FID 0Ch.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct AutonomousPowerStateTransitionFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>APSTE, bit 0.</summary>
    public bool Enable { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }
}

/// <summary>Host Memory Buffer, FID 0Dh, CDW11.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct HostMemoryBufferFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>EHM, bit 0.</summary>
    public bool Enable { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>MR, bit 1: the buffer is the one from before a reset.</summary>
    public bool MemoryReturn { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>HMNARE, bit 2.</summary>
    public bool NonOperationalAccessRestrictionEnable { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }
}

/// <summary>Keep Alive Timer, FID 0Fh.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct KeepAliveTimerFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>KATO; 0 turns the timer off.</summary>
    public uint KeepAliveTimeoutMilliseconds { get => Raw; init => Raw = value; }
}

/// <summary>Host Identifier, FID 81h, CDW11; the identifier is data.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct HostIdentifierFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>EXHID, bit 0: the identifier is 16 bytes, else 8.</summary>
    public bool ExtendedHostIdentifier { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

        /// <summary>Bytes of a host identifier without EXHID.</summary>
        public const int SizeBytes = 8;

        /// <summary>Bytes of a host identifier with EXHID.</summary>
        public const int ExtendedSizeBytes = 16;
}

/// <summary>Reservation Notification Mask, FID 82h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationNotificationMaskFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>REGPRE, bit 1.</summary>
    public bool RegistrationPreempted { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>RESREL, bit 2.</summary>
    public bool ReservationReleased { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }

    /// <summary>RESPRE, bit 3.</summary>
    public bool ReservationPreempted { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }
}

/// <summary>Reservation Persistence, FID 83h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReservationPersistenceFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>PTPL, bit 0.</summary>
    public bool PersistThroughPowerLoss { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }
}

/// <summary>WPS of the Namespace Write Protection Config feature.</summary>
public enum WriteProtectionState : byte
{
    /// <summary>No write protection.</summary>
    NoWriteProtect = 0,

    /// <summary>Write protected.</summary>
    WriteProtect = 1,

    /// <summary>Write protected until the next power cycle.</summary>
    WriteProtectUntilPowerCycle = 2,

    /// <summary>Write protected for ever.</summary>
    PermanentWriteProtect = 3,
}

/// <summary>Namespace Write Protection Config, FID 84h.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct NamespaceWriteProtectionConfigFeature(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>WPS, bits 2:0.</summary>
    public WriteProtectionState WriteProtectionState
    {
        get => (WriteProtectionState)Bits.Get(Raw, 0, 3);
        init => Raw = Bits.With(Raw, 0, 3, (uint)value);
    }
}

/// <summary>TORG: where the timestamp came from.</summary>
public enum TimestampOrigin : byte
{
    /// <summary>Cleared by a controller level reset; counts from there.</summary>
    ClearedByReset = 0,

    /// <summary>From a Set Features command.</summary>
    SetFeatures = 1,
}

/// <summary>Timestamp data structure of FID 0Eh, 8 bytes.</summary>
/// <param name="raw">The whole 64-bit register.</param>
public readonly struct TimestampData(ulong raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly ulong Raw = raw;

    /// <summary>TSTMP, bytes 5:0: milliseconds since 1970-01-01 00:00 UTC.</summary>
    public ulong TimestampMilliseconds { get => Bits.Get(Raw, 0, 48); init => Raw = Bits.With(Raw, 0, 48, value); }

    /// <summary>SYNCH, byte 6 bit 0: the clock may have stood still.</summary>
    public bool MayHaveStopped { get => Bits.Test(Raw, 48); init => Raw = Bits.With(Raw, 48, value); }

    /// <summary>TORG, byte 6 bits 3:1.</summary>
    public TimestampOrigin Origin { get => (TimestampOrigin)Bits.Get(Raw, 49, 3); init => Raw = Bits.With(Raw, 49, 3, (ulong)value); }
}

/// <summary>Host Behavior Support data structure of FID 16h, 512 bytes (NVMe Base 2.1, 5.1.25.1.14).</summary>
[StructLayout(LayoutKind.Explicit, Size = 512, Pack = 1)]
public struct HostBehaviorSupport
{
    /// <summary>ACRE: 0 or 1.</summary>
    [FieldOffset(0)] public byte AdvancedCommandRetryEnable;

    /// <summary>ETDAS: 0 or 1.</summary>
    [FieldOffset(1)] public byte ExtendedTelemetryDataArea4Supported;

    /// <summary>LBAFEE: 0 or 1.</summary>
    [FieldOffset(2)] public byte LbaFormatExtensionEnable;

    /// <summary>HDISNS: 0 or 1.</summary>
    [FieldOffset(3)] public byte HostDispersedNamespaceSupport;

    /// <summary>CDFE: bits 4:2 for formats 2h to 4h.</summary>
    [FieldOffset(4)] public ushort CopyDescriptorFormatsEnable;
}
