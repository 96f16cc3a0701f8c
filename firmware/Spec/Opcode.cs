// Opcodes (NVMe Base 2.1, figures "Opcodes for Admin Commands" and "Opcodes for I/O Commands"; NVM Command Set 1.1, 3).
namespace Nvmepf.Spec;

/// <summary>Bits 1:0 of every opcode: where the command's data goes (NVMe Base 2.1, 3.1.3.4).</summary>
public enum DataTransferDirection : byte
{
    /// <summary>00b: no data transfer.</summary>
    None = 0,

    /// <summary>01b: the controller reads host memory.</summary>
    HostToController = 1,

    /// <summary>10b: the controller writes host memory.</summary>
    ControllerToHost = 2,

    /// <summary>11b: both.</summary>
    Bidirectional = 3,
}

/// <summary>Opcodes of the admin queue.</summary>
public enum AdminOpcode : byte
{
    /// <summary>Delete I/O Submission Queue.</summary>
    DeleteIoSubmissionQueue = 0x00,

    /// <summary>Create I/O Submission Queue.</summary>
    CreateIoSubmissionQueue = 0x01,

    /// <summary>Get Log Page.</summary>
    GetLogPage = 0x02,

    /// <summary>Delete I/O Completion Queue.</summary>
    DeleteIoCompletionQueue = 0x04,

    /// <summary>Create I/O Completion Queue.</summary>
    CreateIoCompletionQueue = 0x05,

    /// <summary>Identify.</summary>
    Identify = 0x06,

    /// <summary>Abort.</summary>
    Abort = 0x08,

    /// <summary>Set Features.</summary>
    SetFeatures = 0x09,

    /// <summary>Get Features.</summary>
    GetFeatures = 0x0A,

    /// <summary>Asynchronous Event Request.</summary>
    AsynchronousEventRequest = 0x0C,

    /// <summary>Namespace Management.</summary>
    NamespaceManagement = 0x0D,

    /// <summary>Firmware Commit.</summary>
    FirmwareCommit = 0x10,

    /// <summary>Firmware Image Download.</summary>
    FirmwareImageDownload = 0x11,

    /// <summary>Device Self-test.</summary>
    DeviceSelfTest = 0x14,

    /// <summary>Namespace Attachment.</summary>
    NamespaceAttachment = 0x15,

    /// <summary>Keep Alive.</summary>
    KeepAlive = 0x18,

    /// <summary>Directive Send.</summary>
    DirectiveSend = 0x19,

    /// <summary>Directive Receive.</summary>
    DirectiveReceive = 0x1A,

    /// <summary>Virtualization Management.</summary>
    VirtualizationManagement = 0x1C,

    /// <summary>NVMe-MI Send.</summary>
    NvmeMiSend = 0x1D,

    /// <summary>NVMe-MI Receive.</summary>
    NvmeMiReceive = 0x1E,

    /// <summary>Capacity Management.</summary>
    CapacityManagement = 0x20,

    /// <summary>Discovery Information Management (NVMe over Fabrics).</summary>
    DiscoveryInformationManagement = 0x21,

    /// <summary>Fabric Zoning Receive (NVMe over Fabrics).</summary>
    FabricZoningReceive = 0x22,

    /// <summary>Lockdown.</summary>
    Lockdown = 0x24,

    /// <summary>Fabric Zoning Lookup (NVMe over Fabrics).</summary>
    FabricZoningLookup = 0x25,

    /// <summary>Clear Exported NVM Resource Configuration.</summary>
    ClearExportedNvmResourceConfiguration = 0x28,

    /// <summary>Fabric Zoning Send (NVMe over Fabrics).</summary>
    FabricZoningSend = 0x29,

    /// <summary>Create Exported NVM Subsystem.</summary>
    CreateExportedNvmSubsystem = 0x2A,

    /// <summary>Manage Exported NVM Subsystem.</summary>
    ManageExportedNvmSubsystem = 0x2D,

    /// <summary>Manage Exported Namespace.</summary>
    ManageExportedNamespace = 0x31,

    /// <summary>Manage Exported Port.</summary>
    ManageExportedPort = 0x35,

    /// <summary>Send Discovery Log Page (NVMe over Fabrics).</summary>
    SendDiscoveryLogPage = 0x39,

    /// <summary>Track Send.</summary>
    TrackSend = 0x3D,

    /// <summary>Track Receive.</summary>
    TrackReceive = 0x3E,

    /// <summary>Migration Send.</summary>
    MigrationSend = 0x41,

    /// <summary>Migration Receive.</summary>
    MigrationReceive = 0x42,

    /// <summary>Controller Data Queue.</summary>
    ControllerDataQueue = 0x45,

    /// <summary>Doorbell Buffer Config.</summary>
    DoorbellBufferConfig = 0x7C,

    /// <summary>Fabrics commands; the type is in the capsule.</summary>
    FabricsCommands = 0x7F,

    /// <summary>Format NVM.</summary>
    FormatNvm = 0x80,

    /// <summary>Security Send.</summary>
    SecuritySend = 0x81,

    /// <summary>Security Receive.</summary>
    SecurityReceive = 0x82,

    /// <summary>Sanitize.</summary>
    Sanitize = 0x84,

    /// <summary>Load Program (Computational Programs Command Set).</summary>
    LoadProgram = 0x85,

    /// <summary>Get LBA Status (NVM Command Set).</summary>
    GetLbaStatus = 0x86,

    /// <summary>Program Activation Management (Computational Programs Command Set).</summary>
    ProgramActivationManagement = 0x88,

    /// <summary>Memory Range Set Management (Computational Programs Command Set).</summary>
    MemoryRangeSetManagement = 0x89,
}

/// <summary>Opcodes of I/O queues for the NVM Command Set, and those that all I/O command sets share.</summary>
public enum NvmOpcode : byte
{
    /// <summary>Flush.</summary>
    Flush = 0x00,

    /// <summary>Write.</summary>
    Write = 0x01,

    /// <summary>Read.</summary>
    Read = 0x02,

    /// <summary>Write Uncorrectable.</summary>
    WriteUncorrectable = 0x04,

    /// <summary>Compare.</summary>
    Compare = 0x05,

    /// <summary>Write Zeroes.</summary>
    WriteZeroes = 0x08,

    /// <summary>Dataset Management.</summary>
    DatasetManagement = 0x09,

    /// <summary>Verify.</summary>
    Verify = 0x0C,

    /// <summary>Reservation Register.</summary>
    ReservationRegister = 0x0D,

    /// <summary>Reservation Report.</summary>
    ReservationReport = 0x0E,

    /// <summary>Reservation Acquire.</summary>
    ReservationAcquire = 0x11,

    /// <summary>I/O Management Receive.</summary>
    IoManagementReceive = 0x12,

    /// <summary>Reservation Release.</summary>
    ReservationRelease = 0x15,

    /// <summary>Cancel.</summary>
    Cancel = 0x18,

    /// <summary>Copy.</summary>
    Copy = 0x19,

    /// <summary>I/O Management Send.</summary>
    IoManagementSend = 0x1D,

    /// <summary>Fabrics commands; the type is in the capsule.</summary>
    FabricsCommands = 0x7F,
}

/// <summary>What an opcode says by its bits (NVMe Base 2.1, 3.1.3.4).</summary>
public static class Opcode
{
    /// <summary>The first vendor specific opcode of the admin queue; C0h to FFh are vendor specific.</summary>
    public const byte FirstVendorSpecificAdmin = 0xC0;

    /// <summary>The first vendor specific opcode of I/O queues; 80h to FFh are vendor specific.</summary>
    public const byte FirstVendorSpecificIo = 0x80;

    /// <summary>Bits 1:0: where the data of a command with this opcode goes.</summary>
    /// <param name="opcode">CDW0 bits 7:0.</param>
    /// <returns>The direction; a command with a data direction may still transfer nothing.</returns>
    public static DataTransferDirection DataTransferDirection(byte opcode) => (DataTransferDirection)(opcode & 3);
}
