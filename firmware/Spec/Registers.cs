// The controller's registers as values (NVMe Base 2.1, 3.1.4). What a write to one does is the controller's affair, not this file's.
using System;

namespace Nvmepf.Spec;

/// <summary>CAP.CSS: which settings of CC.CSS the controller takes.</summary>
[Flags]
public enum CommandSetsSupported : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>NCSS (CAP bit 37): the NVM Command Set with CC.CSS = 000b.</summary>
    NvmCommandSet = 1 << 0,

    /// <summary>IOCSS (CAP bit 43): the I/O command sets of CNS 1Ch with CC.CSS = 110b.</summary>
    IoCommandSets = 1 << 6,

    /// <summary>NOIOCSS (CAP bit 44): no I/O command set, CC.CSS = 111b.</summary>
    NoIoCommandSet = 1 << 7,
}

/// <summary>CAP.AMS: arbitration mechanisms beside round robin, which is always there.</summary>
[Flags]
public enum ArbitrationMechanismsSupported : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>CAP bit 17: weighted round robin with urgent priority class.</summary>
    WeightedRoundRobinWithUrgent = 1 << 0,

    /// <summary>CAP bit 18: a vendor specific mechanism.</summary>
    VendorSpecific = 1 << 1,
}

/// <summary>CAP.CRMS: controller ready modes.</summary>
[Flags]
public enum ControllerReadyModesSupported : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>CRWMS (CAP bit 59): ready with media.</summary>
    WithMedia = 1 << 0,

    /// <summary>CRIMS (CAP bit 60): ready independent of media.</summary>
    IndependentOfMedia = 1 << 1,
}

/// <summary>CAP.CPS: what CC.SHN and CSTS.SHST act on.</summary>
public enum ControllerPowerScope : byte
{
    /// <summary>Not reported.</summary>
    NotReported = 0,

    /// <summary>The controller.</summary>
    Controller = 1,

    /// <summary>The domain.</summary>
    Domain = 2,

    /// <summary>The NVM subsystem.</summary>
    NvmSubsystem = 3,
}

/// <summary>CAP, offset 0h: Controller Capabilities (NVMe Base 2.1, 3.1.4.1).</summary>
public readonly record struct ControllerCapabilities
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole 64-bit register.</param>
    public ControllerCapabilities(ulong raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly ulong Raw;

    /// <summary>MQES, bits 15:0: entries an I/O queue may have, minus one.</summary>
    public ushort MaximumQueueEntriesSupportedZeroBased { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>CQR, bit 16: I/O queues must be physically contiguous.</summary>
    public bool ContiguousQueuesRequired { get => Bits.Test(Raw, 16); init => Raw = Bits.With(Raw, 16, value); }

    /// <summary>AMS, bits 18:17.</summary>
    public ArbitrationMechanismsSupported ArbitrationMechanismsSupported
    {
        get => (ArbitrationMechanismsSupported)Bits.Get(Raw, 17, 2);
        init => Raw = Bits.With(Raw, 17, 2, (ulong)value);
    }

    /// <summary>TO, bits 31:24: longest wait for a change of CSTS.RDY, in units of 500 ms.</summary>
    public byte TimeoutIn500Milliseconds { get => (byte)Bits.Get(Raw, 24, 8); init => Raw = Bits.With(Raw, 24, 8, value); }

    /// <summary>DSTRD, bits 35:32: doorbells are 4 &lt;&lt; DSTRD bytes apart.</summary>
    public byte DoorbellStride { get => (byte)Bits.Get(Raw, 32, 4); init => Raw = Bits.With(Raw, 32, 4, value); }

    /// <summary>NSSRS, bit 36.</summary>
    public bool NvmSubsystemResetSupported { get => Bits.Test(Raw, 36); init => Raw = Bits.With(Raw, 36, value); }

    /// <summary>CSS, bits 44:37.</summary>
    public CommandSetsSupported CommandSetsSupported
    {
        get => (CommandSetsSupported)Bits.Get(Raw, 37, 8);
        init => Raw = Bits.With(Raw, 37, 8, (ulong)value);
    }

    /// <summary>BPS, bit 45.</summary>
    public bool BootPartitionSupport { get => Bits.Test(Raw, 45); init => Raw = Bits.With(Raw, 45, value); }

    /// <summary>CPS, bits 47:46.</summary>
    public ControllerPowerScope ControllerPowerScope
    {
        get => (ControllerPowerScope)Bits.Get(Raw, 46, 2);
        init => Raw = Bits.With(Raw, 46, 2, (ulong)value);
    }

    /// <summary>MPSMIN, bits 51:48: the smallest host memory page is 2^(12 + MPSMIN) bytes.</summary>
    public byte MemoryPageSizeMinimum { get => (byte)Bits.Get(Raw, 48, 4); init => Raw = Bits.With(Raw, 48, 4, value); }

    /// <summary>MPSMAX, bits 55:52: the largest host memory page is 2^(12 + MPSMAX) bytes.</summary>
    public byte MemoryPageSizeMaximum { get => (byte)Bits.Get(Raw, 52, 4); init => Raw = Bits.With(Raw, 52, 4, value); }

    /// <summary>PMRS, bit 56.</summary>
    public bool PersistentMemoryRegionSupported { get => Bits.Test(Raw, 56); init => Raw = Bits.With(Raw, 56, value); }

    /// <summary>CMBS, bit 57.</summary>
    public bool ControllerMemoryBufferSupported { get => Bits.Test(Raw, 57); init => Raw = Bits.With(Raw, 57, value); }

    /// <summary>NSSS, bit 58.</summary>
    public bool NvmSubsystemShutdownSupported { get => Bits.Test(Raw, 58); init => Raw = Bits.With(Raw, 58, value); }

    /// <summary>CRMS, bits 60:59.</summary>
    public ControllerReadyModesSupported ControllerReadyModesSupported
    {
        get => (ControllerReadyModesSupported)Bits.Get(Raw, 59, 2);
        init => Raw = Bits.With(Raw, 59, 2, (ulong)value);
    }

    /// <summary>NSSES, bit 61.</summary>
    public bool NvmSubsystemShutdownEnhancementsSupported { get => Bits.Test(Raw, 61); init => Raw = Bits.With(Raw, 61, value); }
}

/// <summary>CC.CSS: which I/O command sets are selected.</summary>
public enum IoCommandSetSelected : byte
{
    /// <summary>000b: the NVM Command Set.</summary>
    NvmCommandSet = 0,

    /// <summary>110b: all supported I/O command sets.</summary>
    AllSupportedIoCommandSets = 6,

    /// <summary>111b: the Admin Command Set only.</summary>
    AdminCommandSetOnly = 7,
}

/// <summary>CC.AMS: the arbitration mechanism selected.</summary>
public enum ArbitrationMechanism : byte
{
    /// <summary>000b: round robin.</summary>
    RoundRobin = 0,

    /// <summary>001b: weighted round robin with urgent priority class.</summary>
    WeightedRoundRobinWithUrgent = 1,

    /// <summary>111b: vendor specific.</summary>
    VendorSpecific = 7,
}

/// <summary>CC.SHN: the shutdown that the host asks for.</summary>
public enum ShutdownNotification : byte
{
    /// <summary>00b: no notification, no effect.</summary>
    None = 0,

    /// <summary>01b: normal shutdown.</summary>
    Normal = 1,

    /// <summary>10b: abrupt shutdown.</summary>
    Abrupt = 2,

    /// <summary>11b: reserved.</summary>
    Reserved = 3,
}

/// <summary>CC, offset 14h: Controller Configuration (NVMe Base 2.1, 3.1.4.5).</summary>
public readonly record struct ControllerConfiguration
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole dword.</param>
    public ControllerConfiguration(uint raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw;

    /// <summary>EN, bit 0.</summary>
    public bool Enable { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>CSS, bits 6:4.</summary>
    public IoCommandSetSelected IoCommandSetSelected
    {
        get => (IoCommandSetSelected)Bits.Get(Raw, 4, 3);
        init => Raw = Bits.With(Raw, 4, 3, (uint)value);
    }

    /// <summary>MPS, bits 10:7: host memory pages are 2^(12 + MPS) bytes.</summary>
    public byte MemoryPageSize { get => (byte)Bits.Get(Raw, 7, 4); init => Raw = Bits.With(Raw, 7, 4, value); }

    /// <summary>AMS, bits 13:11.</summary>
    public ArbitrationMechanism ArbitrationMechanismSelected
    {
        get => (ArbitrationMechanism)Bits.Get(Raw, 11, 3);
        init => Raw = Bits.With(Raw, 11, 3, (uint)value);
    }

    /// <summary>SHN, bits 15:14.</summary>
    public ShutdownNotification ShutdownNotification
    {
        get => (ShutdownNotification)Bits.Get(Raw, 14, 2);
        init => Raw = Bits.With(Raw, 14, 2, (uint)value);
    }

    /// <summary>IOSQES, bits 19:16: I/O submission queue entries are 2^IOSQES bytes (6 for 64 bytes).</summary>
    public byte IoSubmissionQueueEntrySizeLog2 { get => (byte)Bits.Get(Raw, 16, 4); init => Raw = Bits.With(Raw, 16, 4, value); }

    /// <summary>IOCQES, bits 23:20: I/O completion queue entries are 2^IOCQES bytes (4 for 16 bytes).</summary>
    public byte IoCompletionQueueEntrySizeLog2 { get => (byte)Bits.Get(Raw, 20, 4); init => Raw = Bits.With(Raw, 20, 4, value); }

    /// <summary>CRIME, bit 24.</summary>
    public bool ControllerReadyIndependentOfMediaEnable { get => Bits.Test(Raw, 24); init => Raw = Bits.With(Raw, 24, value); }
}

/// <summary>CSTS.SHST: how far a shutdown is.</summary>
public enum ShutdownStatus : byte
{
    /// <summary>00b: normal operation, no shutdown was requested.</summary>
    Normal = 0,

    /// <summary>01b: shutdown processing is under way.</summary>
    Occurring = 1,

    /// <summary>10b: shutdown processing is complete.</summary>
    Complete = 2,

    /// <summary>11b: reserved.</summary>
    Reserved = 3,
}

/// <summary>CSTS, offset 1Ch: Controller Status (NVMe Base 2.1, 3.1.4.6).</summary>
public readonly record struct ControllerStatus
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole dword.</param>
    public ControllerStatus(uint raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw;

    /// <summary>RDY, bit 0.</summary>
    public bool Ready { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>CFS, bit 1.</summary>
    public bool ControllerFatalStatus { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>SHST, bits 3:2.</summary>
    public ShutdownStatus ShutdownStatus { get => (ShutdownStatus)Bits.Get(Raw, 2, 2); init => Raw = Bits.With(Raw, 2, 2, (uint)value); }

    /// <summary>NSSRO, bit 4; the host clears it by writing one.</summary>
    public bool NvmSubsystemResetOccurred { get => Bits.Test(Raw, 4); init => Raw = Bits.With(Raw, 4, value); }

    /// <summary>PP, bit 5.</summary>
    public bool ProcessingPaused { get => Bits.Test(Raw, 5); init => Raw = Bits.With(Raw, 5, value); }

    /// <summary>ST, bit 6: SHST reports an NVM subsystem shutdown, not a controller shutdown.</summary>
    public bool ShutdownType { get => Bits.Test(Raw, 6); init => Raw = Bits.With(Raw, 6, value); }
}

/// <summary>AQA, offset 24h: Admin Queue Attributes (NVMe Base 2.1, 3.1.4.8).</summary>
public readonly record struct AdminQueueAttributes
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole dword.</param>
    public AdminQueueAttributes(uint raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw;

    /// <summary>ASQS, bits 11:0: entries of the admin submission queue, minus one.</summary>
    public ushort SubmissionQueueSizeZeroBased { get => (ushort)Bits.Get(Raw, 0, 12); init => Raw = Bits.With(Raw, 0, 12, value); }

    /// <summary>ACQS, bits 27:16: entries of the admin completion queue, minus one.</summary>
    public ushort CompletionQueueSizeZeroBased { get => (ushort)Bits.Get(Raw, 16, 12); init => Raw = Bits.With(Raw, 16, 12, value); }
}

/// <summary>ASQ, offset 28h, and ACQ, offset 30h: where an admin queue is in host memory (NVMe Base 2.1, 3.1.4.9 and 3.1.4.10).</summary>
public readonly record struct AdminQueueBase
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole 64-bit register.</param>
    public AdminQueueBase(ulong raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly ulong Raw;

        /// <summary>ASQB or ACQB, bits 63:12, as the byte address it stands for; bits 11:0 are reserved and read as zero here.</summary>
        public ulong Address { get => Raw & ~0xFFFul; init => Raw = value & ~0xFFFul; }
}

/// <summary>VS, offset 8h, and the VER fields: a version of a specification (NVMe Base 2.1, 3.1.4.2).</summary>
public readonly record struct Version
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole dword.</param>
    public Version(uint raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw;

    /// <summary>TER, bits 7:0.</summary>
    public byte Tertiary { get => (byte)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, value); }

    /// <summary>MNR, bits 15:8.</summary>
    public byte Minor { get => (byte)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, value); }

    /// <summary>MJR, bits 31:16.</summary>
    public ushort Major { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CRTO, offset 68h: Controller Ready Timeouts (NVMe Base 2.1, 3.1.4.21).</summary>
public readonly record struct ControllerReadyTimeouts
{
    /// <summary>The register of a raw value.</summary>
    /// <param name="raw">The whole dword.</param>
    public ControllerReadyTimeouts(uint raw) => Raw = raw;

    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw;

    /// <summary>CRWMT, bits 15:0, in units of 500 ms.</summary>
    public ushort ReadyWithMediaTimeoutIn500Milliseconds
    {
        get => (ushort)Bits.Get(Raw, 0, 16);
        init => Raw = Bits.With(Raw, 0, 16, value);
    }

    /// <summary>CRIMT, bits 31:16, in units of 500 ms.</summary>
    public ushort ReadyIndependentOfMediaTimeoutIn500Milliseconds
    {
        get => (ushort)Bits.Get(Raw, 16, 16);
        init => Raw = Bits.With(Raw, 16, 16, value);
    }
}
