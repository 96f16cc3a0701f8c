// Where the controller's registers are in BAR 0 (NVMe Base 2.1, 3.1.4; doorbells: NVMe over PCIe Transport 1.1, 3.1.2).
namespace Nvmepf.Spec;

/// <summary>Byte offsets of the controller properties in BAR 0 (NVMe Base 2.1, 3.1.4).</summary>
public static class RegisterOffset
{
    /// <summary>CAP, 8 bytes: Controller Capabilities.</summary>
    public const int ControllerCapabilities = 0x00;

    /// <summary>VS, 4 bytes: Version.</summary>
    public const int Version = 0x08;

    /// <summary>INTMS, 4 bytes: Interrupt Mask Set.</summary>
    public const int InterruptMaskSet = 0x0C;

    /// <summary>INTMC, 4 bytes: Interrupt Mask Clear.</summary>
    public const int InterruptMaskClear = 0x10;

    /// <summary>CC, 4 bytes: Controller Configuration.</summary>
    public const int ControllerConfiguration = 0x14;

    /// <summary>CSTS, 4 bytes: Controller Status.</summary>
    public const int ControllerStatus = 0x1C;

    /// <summary>NSSR, 4 bytes: NVM Subsystem Reset.</summary>
    public const int NvmSubsystemReset = 0x20;

    /// <summary>AQA, 4 bytes: Admin Queue Attributes.</summary>
    public const int AdminQueueAttributes = 0x24;

    /// <summary>ASQ, 8 bytes: Admin Submission Queue Base Address.</summary>
    public const int AdminSubmissionQueueBase = 0x28;

    /// <summary>ACQ, 8 bytes: Admin Completion Queue Base Address.</summary>
    public const int AdminCompletionQueueBase = 0x30;

    /// <summary>CMBLOC, 4 bytes: Controller Memory Buffer Location.</summary>
    public const int ControllerMemoryBufferLocation = 0x38;

    /// <summary>CMBSZ, 4 bytes: Controller Memory Buffer Size.</summary>
    public const int ControllerMemoryBufferSize = 0x3C;

    /// <summary>BPINFO, 4 bytes: Boot Partition Information.</summary>
    public const int BootPartitionInformation = 0x40;

    /// <summary>BPRSEL, 4 bytes: Boot Partition Read Select.</summary>
    public const int BootPartitionReadSelect = 0x44;

    /// <summary>BPMBL, 8 bytes: Boot Partition Memory Buffer Location.</summary>
    public const int BootPartitionMemoryBufferLocation = 0x48;

    /// <summary>CMBMSC, 8 bytes: Controller Memory Buffer Memory Space Control.</summary>
    public const int ControllerMemoryBufferMemorySpaceControl = 0x50;

    /// <summary>CMBSTS, 4 bytes: Controller Memory Buffer Status.</summary>
    public const int ControllerMemoryBufferStatus = 0x58;

    /// <summary>CMBEBS, 4 bytes: Controller Memory Buffer Elasticity Buffer Size.</summary>
    public const int ControllerMemoryBufferElasticityBufferSize = 0x5C;

    /// <summary>CMBSWTP, 4 bytes: Controller Memory Buffer Sustained Write Throughput.</summary>
    public const int ControllerMemoryBufferSustainedWriteThroughput = 0x60;

    /// <summary>NSSD, 4 bytes: NVM Subsystem Shutdown.</summary>
    public const int NvmSubsystemShutdown = 0x64;

    /// <summary>CRTO, 4 bytes: Controller Ready Timeouts.</summary>
    public const int ControllerReadyTimeouts = 0x68;

    /// <summary>PMRCAP, 4 bytes: Persistent Memory Region Capabilities.</summary>
    public const int PersistentMemoryRegionCapabilities = 0xE00;

    /// <summary>PMRCTL, 4 bytes: Persistent Memory Region Control.</summary>
    public const int PersistentMemoryRegionControl = 0xE04;

    /// <summary>PMRSTS, 4 bytes: Persistent Memory Region Status.</summary>
    public const int PersistentMemoryRegionStatus = 0xE08;

    /// <summary>PMREBS, 4 bytes: Persistent Memory Region Elasticity Buffer Size.</summary>
    public const int PersistentMemoryRegionElasticityBufferSize = 0xE0C;

    /// <summary>PMRSWTP, 4 bytes: Persistent Memory Region Sustained Write Throughput.</summary>
    public const int PersistentMemoryRegionSustainedWriteThroughput = 0xE10;

    /// <summary>PMRMSCL, 4 bytes: Persistent Memory Region Controller Memory Space Control Lower.</summary>
    public const int PersistentMemoryRegionMemorySpaceControlLower = 0xE14;

    /// <summary>PMRMSCU, 4 bytes: Persistent Memory Region Controller Memory Space Control Upper.</summary>
    public const int PersistentMemoryRegionMemorySpaceControlUpper = 0xE18;

    /// <summary>SQ0TDBL: the first doorbell; everything below is the register page.</summary>
    public const int Doorbells = 0x1000;

    /// <summary>SQyTDBL: where a submission queue's tail doorbell is.</summary>
    /// <param name="queueIdentifier">The queue, 0 for the admin queue.</param>
    /// <param name="doorbellStride">CAP.DSTRD: doorbells are 4 &lt;&lt; DSTRD bytes apart.</param>
    /// <returns>The byte offset in BAR 0.</returns>
    public static int SubmissionQueueTailDoorbell(ushort queueIdentifier, byte doorbellStride = 0) =>
        Doorbells + (2 * queueIdentifier) * (4 << doorbellStride);

    /// <summary>CQyHDBL: where a completion queue's head doorbell is.</summary>
    /// <param name="queueIdentifier">The queue, 0 for the admin queue.</param>
    /// <param name="doorbellStride">CAP.DSTRD: doorbells are 4 &lt;&lt; DSTRD bytes apart.</param>
    /// <returns>The byte offset in BAR 0.</returns>
    public static int CompletionQueueHeadDoorbell(ushort queueIdentifier, byte doorbellStride = 0) =>
        Doorbells + (2 * queueIdentifier + 1) * (4 << doorbellStride);
}
