// Status codes, SCT in bits 10:8 and SC in bits 7:0 (NVMe Base 2.1, 4.2.3; NVM Command Set 1.1, 3.1; Zoned Namespace Command Set 1.2).
// The codes of fabrics commands and of the key value and computational programs command sets are left out: nothing here speaks those.
namespace Nvmepf.Spec;

/// <summary>A status code with its type: SCT in bits 10:8, SC in bits 7:0. Converts to <see cref="Status"/>.</summary>
public enum StatusCode : ushort
{
    /// <summary>Successful Completion.</summary>
    Success = 0x000,

    /// <summary>Invalid Command Opcode.</summary>
    InvalidOpcode = 0x001,

    /// <summary>Invalid Field in Command.</summary>
    InvalidField = 0x002,

    /// <summary>Command ID Conflict.</summary>
    CommandIdConflict = 0x003,

    /// <summary>Data Transfer Error.</summary>
    DataTransferError = 0x004,

    /// <summary>Commands Aborted due to Power Loss Notification.</summary>
    AbortedPowerLoss = 0x005,

    /// <summary>Internal Error.</summary>
    InternalError = 0x006,

    /// <summary>Command Abort Requested.</summary>
    AbortRequested = 0x007,

    /// <summary>Command Aborted due to SQ Deletion.</summary>
    AbortedSqDeletion = 0x008,

    /// <summary>Command Aborted due to Failed Fused Command.</summary>
    AbortedFailedFused = 0x009,

    /// <summary>Command Aborted due to Missing Fused Command.</summary>
    AbortedMissingFused = 0x00A,

    /// <summary>Invalid Namespace or Format.</summary>
    InvalidNamespaceOrFormat = 0x00B,

    /// <summary>Command Sequence Error.</summary>
    CommandSequenceError = 0x00C,

    /// <summary>Invalid SGL Segment Descriptor.</summary>
    InvalidSglSegmentDescriptor = 0x00D,

    /// <summary>Invalid Number of SGL Descriptors.</summary>
    InvalidNumberOfSglDescriptors = 0x00E,

    /// <summary>Data SGL Length Invalid.</summary>
    DataSglLengthInvalid = 0x00F,

    /// <summary>Metadata SGL Length Invalid.</summary>
    MetadataSglLengthInvalid = 0x010,

    /// <summary>SGL Descriptor Type Invalid.</summary>
    SglDescriptorTypeInvalid = 0x011,

    /// <summary>Invalid Use of Controller Memory Buffer.</summary>
    InvalidUseOfControllerMemoryBuffer = 0x012,

    /// <summary>PRP Offset Invalid.</summary>
    PrpOffsetInvalid = 0x013,

    /// <summary>Atomic Write Unit Exceeded.</summary>
    AtomicWriteUnitExceeded = 0x014,

    /// <summary>Operation Denied.</summary>
    OperationDenied = 0x015,

    /// <summary>SGL Offset Invalid.</summary>
    SglOffsetInvalid = 0x016,

    /// <summary>Host Identifier Inconsistent Format.</summary>
    HostIdentifierInconsistentFormat = 0x018,

    /// <summary>Keep Alive Timer Expired.</summary>
    KeepAliveTimerExpired = 0x019,

    /// <summary>Keep Alive Timeout Invalid.</summary>
    KeepAliveTimeoutInvalid = 0x01A,

    /// <summary>Command Aborted due to Preempt and Abort.</summary>
    AbortedPreemptAndAbort = 0x01B,

    /// <summary>Sanitize Failed.</summary>
    SanitizeFailed = 0x01C,

    /// <summary>Sanitize In Progress.</summary>
    SanitizeInProgress = 0x01D,

    /// <summary>SGL Data Block Granularity Invalid.</summary>
    SglDataBlockGranularityInvalid = 0x01E,

    /// <summary>Command Not Supported for Queue in CMB.</summary>
    CommandNotSupportedForQueueInCmb = 0x01F,

    /// <summary>Namespace is Write Protected.</summary>
    NamespaceIsWriteProtected = 0x020,

    /// <summary>Command Interrupted.</summary>
    CommandInterrupted = 0x021,

    /// <summary>Transient Transport Error.</summary>
    TransientTransportError = 0x022,

    /// <summary>Command Prohibited by Command and Feature Lockdown.</summary>
    ProhibitedByLockdown = 0x023,

    /// <summary>Admin Command Media Not Ready.</summary>
    AdminCommandMediaNotReady = 0x024,

    /// <summary>Invalid Key Tag.</summary>
    InvalidKeyTag = 0x025,

    /// <summary>Host Dispersed Namespace Support Not Enabled.</summary>
    HostDispersedNamespaceSupportNotEnabled = 0x026,

    /// <summary>Host Identifier Not Initialized.</summary>
    HostIdentifierNotInitialized = 0x027,

    /// <summary>Incorrect Key.</summary>
    IncorrectKey = 0x028,

    /// <summary>FDP Disabled.</summary>
    FdpDisabled = 0x029,

    /// <summary>Invalid Placement Handle List.</summary>
    InvalidPlacementHandleList = 0x02A,

    /// <summary>LBA Out of Range (NVM Command Set).</summary>
    LbaOutOfRange = 0x080,

    /// <summary>Capacity Exceeded.</summary>
    CapacityExceeded = 0x081,

    /// <summary>Namespace Not Ready.</summary>
    NamespaceNotReady = 0x082,

    /// <summary>Reservation Conflict.</summary>
    ReservationConflict = 0x083,

    /// <summary>Format In Progress.</summary>
    FormatInProgress = 0x084,

    /// <summary>Completion Queue Invalid: Create I/O Submission Queue.</summary>
    CompletionQueueInvalid = 0x100,

    /// <summary>Invalid Queue Identifier: creation and deletion of queues.</summary>
    InvalidQueueIdentifier = 0x101,

    /// <summary>Invalid Queue Size: creation of queues.</summary>
    InvalidQueueSize = 0x102,

    /// <summary>Abort Command Limit Exceeded.</summary>
    AbortCommandLimitExceeded = 0x103,

    /// <summary>Asynchronous Event Request Limit Exceeded.</summary>
    AsynchronousEventRequestLimitExceeded = 0x105,

    /// <summary>Invalid Firmware Slot.</summary>
    InvalidFirmwareSlot = 0x106,

    /// <summary>Invalid Firmware Image.</summary>
    InvalidFirmwareImage = 0x107,

    /// <summary>Invalid Interrupt Vector: Create I/O Completion Queue.</summary>
    InvalidInterruptVector = 0x108,

    /// <summary>Invalid Log Page.</summary>
    InvalidLogPage = 0x109,

    /// <summary>Invalid Format.</summary>
    InvalidFormat = 0x10A,

    /// <summary>Firmware Activation Requires Conventional Reset.</summary>
    FirmwareActivationRequiresConventionalReset = 0x10B,

    /// <summary>Invalid Queue Deletion: a submission queue still uses the completion queue.</summary>
    InvalidQueueDeletion = 0x10C,

    /// <summary>Feature Identifier Not Saveable.</summary>
    FeatureIdentifierNotSaveable = 0x10D,

    /// <summary>Feature Not Changeable.</summary>
    FeatureNotChangeable = 0x10E,

    /// <summary>Feature Not Namespace Specific.</summary>
    FeatureNotNamespaceSpecific = 0x10F,

    /// <summary>Firmware Activation Requires NVM Subsystem Reset.</summary>
    FirmwareActivationRequiresNvmSubsystemReset = 0x110,

    /// <summary>Firmware Activation Requires Controller Level Reset.</summary>
    FirmwareActivationRequiresControllerLevelReset = 0x111,

    /// <summary>Firmware Activation Requires Maximum Time Violation.</summary>
    FirmwareActivationRequiresMaximumTimeViolation = 0x112,

    /// <summary>Firmware Activation Prohibited.</summary>
    FirmwareActivationProhibited = 0x113,

    /// <summary>Overlapping Range.</summary>
    OverlappingRange = 0x114,

    /// <summary>Namespace Insufficient Capacity.</summary>
    NamespaceInsufficientCapacity = 0x115,

    /// <summary>Namespace Identifier Unavailable.</summary>
    NamespaceIdentifierUnavailable = 0x116,

    /// <summary>Namespace Already Attached.</summary>
    NamespaceAlreadyAttached = 0x118,

    /// <summary>Namespace Is Private.</summary>
    NamespaceIsPrivate = 0x119,

    /// <summary>Namespace Not Attached.</summary>
    NamespaceNotAttached = 0x11A,

    /// <summary>Thin Provisioning Not Supported.</summary>
    ThinProvisioningNotSupported = 0x11B,

    /// <summary>Controller List Invalid.</summary>
    ControllerListInvalid = 0x11C,

    /// <summary>Device Self-test In Progress.</summary>
    DeviceSelfTestInProgress = 0x11D,

    /// <summary>Boot Partition Write Prohibited.</summary>
    BootPartitionWriteProhibited = 0x11E,

    /// <summary>Invalid Controller Identifier.</summary>
    InvalidControllerIdentifier = 0x11F,

    /// <summary>Invalid Secondary Controller State.</summary>
    InvalidSecondaryControllerState = 0x120,

    /// <summary>Invalid Number of Controller Resources.</summary>
    InvalidNumberOfControllerResources = 0x121,

    /// <summary>Invalid Resource Identifier.</summary>
    InvalidResourceIdentifier = 0x122,

    /// <summary>Sanitize Prohibited While Persistent Memory Region is Enabled.</summary>
    SanitizeProhibitedWhilePmrEnabled = 0x123,

    /// <summary>ANA Group Identifier Invalid.</summary>
    AnaGroupIdentifierInvalid = 0x124,

    /// <summary>ANA Attach Failed.</summary>
    AnaAttachFailed = 0x125,

    /// <summary>Insufficient Capacity.</summary>
    InsufficientCapacity = 0x126,

    /// <summary>Namespace Attachment Limit Exceeded.</summary>
    NamespaceAttachmentLimitExceeded = 0x127,

    /// <summary>Prohibition of Command Execution Not Supported.</summary>
    ProhibitionOfCommandExecutionNotSupported = 0x128,

    /// <summary>I/O Command Set Not Supported.</summary>
    IoCommandSetNotSupported = 0x129,

    /// <summary>I/O Command Set Not Enabled.</summary>
    IoCommandSetNotEnabled = 0x12A,

    /// <summary>I/O Command Set Combination Rejected.</summary>
    IoCommandSetCombinationRejected = 0x12B,

    /// <summary>Invalid I/O Command Set.</summary>
    InvalidIoCommandSet = 0x12C,

    /// <summary>Identifier Unavailable.</summary>
    IdentifierUnavailable = 0x12D,

    /// <summary>Namespace Is Dispersed.</summary>
    NamespaceIsDispersed = 0x12E,

    /// <summary>Invalid Discovery Information.</summary>
    InvalidDiscoveryInformation = 0x12F,

    /// <summary>Zoning Data Structure Locked.</summary>
    ZoningDataStructureLocked = 0x130,

    /// <summary>Zoning Data Structure Not Found.</summary>
    ZoningDataStructureNotFound = 0x131,

    /// <summary>Insufficient Discovery Resources.</summary>
    InsufficientDiscoveryResources = 0x132,

    /// <summary>Requested Function Disabled.</summary>
    RequestedFunctionDisabled = 0x133,

    /// <summary>ZoneGroup Originator Invalid.</summary>
    ZoneGroupOriginatorInvalid = 0x134,

    /// <summary>Invalid Host.</summary>
    InvalidHost = 0x135,

    /// <summary>Invalid NVM Subsystem.</summary>
    InvalidNvmSubsystem = 0x136,

    /// <summary>Invalid Controller Data Queue.</summary>
    InvalidControllerDataQueue = 0x137,

    /// <summary>Not Enough Resources.</summary>
    NotEnoughResources = 0x138,

    /// <summary>Controller Suspended.</summary>
    ControllerSuspended = 0x139,

    /// <summary>Controller Not Suspended.</summary>
    ControllerNotSuspended = 0x13A,

    /// <summary>Controller Data Queue Full.</summary>
    ControllerDataQueueFull = 0x13B,

    /// <summary>Conflicting Attributes (NVM Command Set).</summary>
    ConflictingAttributes = 0x180,

    /// <summary>Invalid Protection Information (NVM Command Set).</summary>
    InvalidProtectionInformation = 0x181,

    /// <summary>Attempted Write to Read Only Range (NVM Command Set).</summary>
    AttemptedWriteToReadOnlyRange = 0x182,

    /// <summary>Command Size Limit Exceeded (NVM Command Set).</summary>
    CommandSizeLimitExceeded = 0x183,

    /// <summary>Invalid Command ID: Cancel.</summary>
    InvalidCommandIdentifier = 0x184,

    /// <summary>Incompatible Namespace or Format: Copy.</summary>
    IncompatibleNamespaceOrFormat = 0x185,

    /// <summary>Fast Copy Not Possible: Copy.</summary>
    FastCopyNotPossible = 0x186,

    /// <summary>Overlapping I/O Range: Copy.</summary>
    OverlappingIoRange = 0x187,

    /// <summary>Namespace Not Reachable: Copy.</summary>
    NamespaceNotReachable = 0x188,

    /// <summary>Insufficient Resources: Copy.</summary>
    InsufficientResources = 0x189,

    /// <summary>Insufficient Program Resources.</summary>
    InsufficientProgramResources = 0x18A,

    /// <summary>Invalid Zone Operation Request (Zoned Namespace Command Set).</summary>
    ZonedInvalidZoneOperationRequest = 0x1B6,

    /// <summary>ZRWA Resources Unavailable (Zoned Namespace Command Set).</summary>
    ZonedZrwaResourcesUnavailable = 0x1B7,

    /// <summary>Zoned Boundary Error (Zoned Namespace Command Set).</summary>
    ZonedBoundaryError = 0x1B8,

    /// <summary>Zone Is Full (Zoned Namespace Command Set).</summary>
    ZoneIsFull = 0x1B9,

    /// <summary>Zone Is Read Only (Zoned Namespace Command Set).</summary>
    ZoneIsReadOnly = 0x1BA,

    /// <summary>Zone Is Offline (Zoned Namespace Command Set).</summary>
    ZoneIsOffline = 0x1BB,

    /// <summary>Zone Invalid Write (Zoned Namespace Command Set).</summary>
    ZoneInvalidWrite = 0x1BC,

    /// <summary>Too Many Active Zones (Zoned Namespace Command Set).</summary>
    TooManyActiveZones = 0x1BD,

    /// <summary>Too Many Open Zones (Zoned Namespace Command Set).</summary>
    TooManyOpenZones = 0x1BE,

    /// <summary>Invalid Zone State Transition (Zoned Namespace Command Set).</summary>
    InvalidZoneStateTransition = 0x1BF,

    /// <summary>Write Fault.</summary>
    WriteFault = 0x280,

    /// <summary>Unrecovered Read Error.</summary>
    UnrecoveredReadError = 0x281,

    /// <summary>End-to-end Guard Check Error.</summary>
    EndToEndGuardCheckError = 0x282,

    /// <summary>End-to-end Application Tag Check Error.</summary>
    EndToEndApplicationTagCheckError = 0x283,

    /// <summary>End-to-end Reference Tag Check Error.</summary>
    EndToEndReferenceTagCheckError = 0x284,

    /// <summary>Compare Failure.</summary>
    CompareFailure = 0x285,

    /// <summary>Access Denied.</summary>
    AccessDenied = 0x286,

    /// <summary>Deallocated or Unwritten Logical Block.</summary>
    DeallocatedOrUnwrittenLogicalBlock = 0x287,

    /// <summary>End-to-End Storage Tag Check Error.</summary>
    EndToEndStorageTagCheckError = 0x288,

    /// <summary>Internal Path Error.</summary>
    InternalPathError = 0x300,

    /// <summary>Asymmetric Access Persistent Loss.</summary>
    AsymmetricAccessPersistentLoss = 0x301,

    /// <summary>Asymmetric Access Inaccessible.</summary>
    AsymmetricAccessInaccessible = 0x302,

    /// <summary>Asymmetric Access Transition.</summary>
    AsymmetricAccessTransition = 0x303,

    /// <summary>Controller Pathing Error.</summary>
    ControllerPathingError = 0x360,

    /// <summary>Host Pathing Error.</summary>
    HostPathingError = 0x370,

    /// <summary>Command Aborted By Host.</summary>
    CommandAbortedByHost = 0x371,
}
