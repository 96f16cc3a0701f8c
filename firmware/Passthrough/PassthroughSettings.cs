namespace Nvmepf.Firmware.Passthrough;

/// <summary>What a passthrough subsystem is told before start: where its commands go, and what is changed on the way.</summary>
public sealed record PassthroughSettings
{
    /// <summary>Seconds that an I/O command may take where nothing is said: less than the 30 s after which hosts begin to abort.</summary>
    public const uint DefaultIoTimeoutSeconds = 20;

    /// <summary>Seconds that an admin command may take where nothing is said: less than the 60 s of Linux hosts.</summary>
    public const uint DefaultAdminTimeoutSeconds = 40;

    /// <summary>Path of the controller's character device, e.g. <c>/dev/nvme0</c>; null where <see cref="ConnectOptions"/> make one.</summary>
    public string? DevicePath { get; init; }

    /// <summary>
    /// Options for the kernel's NVMe over Fabrics host, e.g. <c>transport=tcp,traddr=192.0.2.1,trsvcid=4420,nqn=...</c>; null for a device
    /// that is there.
    /// </summary>
    public string? ConnectOptions { get; init; }

    /// <summary>The host gets namespace identifiers of this subsystem's own instead of the target's.</summary>
    public bool ClearIdentifiers { get; init; }

    /// <summary>Longest time of an admin command in seconds; the kernel ends it then.</summary>
    public uint AdminTimeoutSeconds { get; init; } = DefaultAdminTimeoutSeconds;

    /// <summary>Longest time of an I/O command in seconds; the kernel ends it then.</summary>
    public uint IoTimeoutSeconds { get; init; } = DefaultIoTimeoutSeconds;

    /// <summary>Longest time of any command in seconds.</summary>
    public uint LongestTimeoutSeconds => Math.Max(AdminTimeoutSeconds, IoTimeoutSeconds);

    /// <summary>Subsystem NQN that hosts see; identifiers of our own are made from it.</summary>
    public required string SubsystemNqn { get; init; }

    /// <summary>True where the configuration names a serial number; else hosts see the target's.</summary>
    public bool HasOwnSerial { get; init; }

    /// <summary>True where the configuration names a model; else hosts see the target's.</summary>
    public bool HasOwnModel { get; init; }

    /// <summary>True where the configuration names a firmware revision; else hosts see the target's.</summary>
    public bool HasOwnFirmwareRevision { get; init; }

    /// <summary>For messages: what is connected to.</summary>
    public string Description => DevicePath ?? ConnectOptions ?? "(nothing)";
}
