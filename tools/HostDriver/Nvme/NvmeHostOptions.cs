using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>How <see cref="NvmeHost"/> connects and sets the controller up.</summary>
public sealed record NvmeHostOptions
{
    /// <summary>Entries of the admin submission queue, 2 to 4096.</summary>
    public int AdminSubmissionQueueEntries { get; init; } = 32;

    /// <summary>Entries of the admin completion queue, 2 to 4096.</summary>
    public int AdminCompletionQueueEntries { get; init; } = 32;

    /// <summary>CC.MPS: host memory pages are 2^(12 + this) bytes.</summary>
    public byte MemoryPageSize { get; init; }

    /// <summary>CC.AMS: how the controller chooses between submission queues.</summary>
    public ArbitrationMechanism Arbitration { get; init; }

    /// <summary>Bytes of memory that the device may reach.</summary>
    public long ArenaLengthBytes { get; init; } = 96L << 20;

    /// <summary>Vectors to enable of <see cref="Interrupts"/>; 0 polls and never asks for an interrupt.</summary>
    public int Vectors { get; init; }

    /// <summary>The kind of interrupt to enable where <see cref="Vectors"/> says so.</summary>
    public InterruptKind Interrupts { get; init; } = InterruptKind.Msix;

    /// <summary>Ring doorbells by REGION_WRITE even where the server offers the page for mapping.</summary>
    public bool DoorbellsByMessage { get; init; }

    /// <summary>Give the controller doorbells in memory (Doorbell Buffer Config) when it is enabled.</summary>
    public bool ShadowDoorbells { get; init; }

    /// <summary>JSON to send with VERSION, null for none.</summary>
    public string? VersionJson { get; init; }

    /// <summary>How long a command, a request or a change of state may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
