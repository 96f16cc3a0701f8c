namespace Nvmepf.Firmware.Controller;

/// <summary>What a controller is told before it starts. Nothing here changes afterwards.</summary>
public sealed record ControllerSettings
{
    /// <summary>Name in log lines, e.g. <c>nvmepf.0</c>.</summary>
    public string Name { get; init; } = "nvmepf.0";

    /// <summary>NVM Subsystem NQN, at most 223 bytes of ASCII.</summary>
    public required string SubsystemNqn { get; init; }

    /// <summary>PCI Vendor ID (VID).</summary>
    public ushort VendorId { get; init; } = 0x1B96;

    /// <summary>PCI Subsystem Vendor ID (SSVID).</summary>
    public ushort SubsystemVendorId { get; init; } = 0x1B96;

    /// <summary>Serial number, at most 20 printable ASCII characters.</summary>
    public required string Serial { get; init; }

    /// <summary>Model number, at most 40 printable ASCII characters.</summary>
    public string Model { get; init; } = "nvmepf NVMe SSD";

    /// <summary>Firmware revision, at most 8 printable ASCII characters.</summary>
    public string FirmwareRevision { get; init; } = "0.1.0";

    /// <summary>IEEE OUI, 24 bits.</summary>
    public uint IeeeOui { get; init; }

    /// <summary>Controller ID.</summary>
    public ushort ControllerId { get; init; } = 1;

    /// <summary>Whether the subsystem has other controllers as well; Linux takes a second one only where the first has said so (CMIC).</summary>
    public bool HasSiblings { get; init; }

    /// <summary>ANA groups and their states at start; none for a controller that reports no asymmetric access.</summary>
    public AnaGroupSetting[] AnaGroups { get; init; } = [];

    /// <summary>Version register and Identify VER: major in bits 31:16, minor in 15:8, tertiary in 7:0.</summary>
    public uint Version { get; init; } = 0x0002_0100;

    /// <summary>Most bytes of one command's data: 4096 times a power of two, 8 KiB to 2 MiB.</summary>
    public uint MaximumTransferBytes { get; init; } = 512 * 1024;

    /// <summary>I/O queue pairs offered, 1 to 128.</summary>
    public int IoQueueCount { get; init; } = 4;

    /// <summary>Entries of the largest queue (CAP.MQES + 1), 16 to 65536.</summary>
    public int QueueEntriesMax { get; init; } = 1024;

    /// <summary>Commands in flight over all queues; more wait in their queues. 64 to 4096.</summary>
    public int CommandSlots { get; init; } = 512;

    /// <summary>
    /// Transfer buffers of <see cref="MaximumTransferBytes"/> for data that cannot go directly; when they are taken, commands wait.
    /// </summary>
    public int TransferBuffers { get; init; } = 64;

    /// <summary>
    /// Transfer buffers of <see cref="SmallTransferBytes"/> besides, so that many small commands do not take the large ones; 0 for none.
    /// </summary>
    public int SmallTransferBuffers { get; init; }

    /// <summary>Length of a small transfer buffer.</summary>
    public const uint SmallTransferBytes = 16 * 1024;

    /// <summary>
    /// How long an interrupt may be deferred, in microseconds, while the host has not answered the one before on its vector; 0 sends each.
    /// </summary>
    public int AdaptiveInterruptsMicroseconds { get; init; }
}
