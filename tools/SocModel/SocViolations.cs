namespace Nvmepf.SocModel;

/// <summary>What hardware would punish by a hang, a bus fault, lost or wrong data: mistakes of the firmware's.</summary>
public enum ViolationKind
{
    /// <summary>A register access to a block whose power domain is off (hangs or aborts).</summary>
    UnpoweredBlock,

    /// <summary>A register access to a block whose clock is gated.</summary>
    GatedBlock,

    /// <summary>A register access to a block held in reset.</summary>
    BlockInReset,

    /// <summary>An address that no block claims.</summary>
    UnmappedAddress,

    /// <summary>An access to device memory that is not naturally aligned.</summary>
    UnalignedAccess,

    /// <summary>An access of the wrong width: DBI takes up to 4 bytes, other registers exactly 4, window and carve-out up to 8.</summary>
    WideAccess,

    /// <summary>A store to, or load from, the outbound window where no region is enabled.</summary>
    WindowWithoutRegion,

    /// <summary>A store or load through the outbound window while the link is down (a possible SError).</summary>
    WindowWithoutLink,

    /// <summary>A region used before its ENABLE bit was read back.</summary>
    RegionNotPolled,

    /// <summary>An outbound region rewritten while stores through it were not flushed by a read.</summary>
    RegionRewrittenInFlight,

    /// <summary>A host access that no inbound region matched: it went to its raw address on the SoC's bus.</summary>
    InboundPassThrough,

    /// <summary>A host access to the iATU or eDMA registers through BAR 4.</summary>
    HostReachedPortLogic,

    /// <summary>Link training started with an enabled BAR that has no inbound region or one without a target.</summary>
    BarWithoutRegion,

    /// <summary>An inbound region's target is not aligned to its BAR's size.</summary>
    TargetNotAligned,

    /// <summary>The mask of a resizable BAR was written, which only its size field may change.</summary>
    MaskOfResizableBar,

    /// <summary>Link training started with the broken ATS capability visible.</summary>
    AtsVisible,

    /// <summary>An eDMA address fell into an outbound region without DMA_BYPASS and was translated.</summary>
    DmaMistranslated,

    /// <summary>A doorbell of an engine that is not enabled.</summary>
    DoorbellWithoutEngine,

    /// <summary>A doorbell of a channel that is running.</summary>
    DoorbellWhileRunning,

    /// <summary>A register of a running channel was written.</summary>
    ChannelWrittenWhileRunning,

    /// <summary>A doorbell after a link loss without a soft reset of that direction.</summary>
    EngineNotResetAfterLinkLoss,

    /// <summary>A doorbell with list stores or cache maintenance after the last barrier.</summary>
    DoorbellWithoutBarrier,

    /// <summary>DMA to or from a local address where there is no memory.</summary>
    DmaToNoMemory,

    /// <summary>A channel was started without local interrupt enable in a block or list: its end can never be seen.</summary>
    DoneNeverLatches,

    /// <summary>A transfer of size 0, which is 4 GiB here and not documented anywhere.</summary>
    TransferOfZeroBytes,

    /// <summary>Link training started with N_FTS at its power-on value, which is bad on this SoC.</summary>
    FastTrainingSequencesNotSet,

    /// <summary>A device read memory whose newest bytes were still in the CPU's cache.</summary>
    StaleDeviceRead,

    /// <summary>A dirty cache line was written over what a device had written.</summary>
    DeviceWriteLost,

    /// <summary>DMA, a window access or an interrupt while the host has bus mastering off.</summary>
    BusMasterOff,

    /// <summary>An MSI was raised while it is disabled or its vector masked.</summary>
    MsiNotAllowed,
}

/// <summary>One violation.</summary>
/// <param name="Nanoseconds">Model time.</param>
/// <param name="Kind">What.</param>
/// <param name="Detail">The address, register or channel concerned.</param>
public readonly record struct Violation(long Nanoseconds, ViolationKind Kind, ulong Detail)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} at {Nanoseconds} ns: 0x{Detail:x}";
}

/// <summary>
/// Counts violations and keeps the first of them. Every kind is counted unless it was ignored; <see cref="ViolationKind.BusMasterOff"/> is ignored
/// at first, because the host may take bus mastering away at any moment, and so is <see cref="ViolationKind.WindowWithoutLink"/>.
/// </summary>
public sealed class SocViolations
{
    private const int Kept = 64;
    private readonly Violation[] _first = new Violation[Kept];
    private readonly long[] _counts = new long[Enum.GetValues<ViolationKind>().Length];
    private readonly EventLog _log;
    private uint _ignored;

    internal SocViolations(EventLog log)
    {
        _log = log;
        Ignore(ViolationKind.BusMasterOff);
        Ignore(ViolationKind.WindowWithoutLink);
    }

    /// <summary>All violations that are not ignored.</summary>
    public long Total { get; private set; }

    /// <summary>The first violations, at most 64.</summary>
    public ReadOnlySpan<Violation> First => _first.AsSpan(0, (int)Math.Min(Total, Kept));

    /// <summary>How often <paramref name="kind"/> happened, ignored or not.</summary>
    public long Count(ViolationKind kind) => _counts[(int)kind];

    /// <summary>Leaves <paramref name="kind"/> out of <see cref="Total"/> and <see cref="First"/>; it is still counted by itself.</summary>
    public void Ignore(ViolationKind kind) => _ignored |= 1u << (int)kind;

    /// <summary>Takes <paramref name="kind"/> in again.</summary>
    public void Watch(ViolationKind kind) => _ignored &= ~(1u << (int)kind);

    /// <summary>Forgets what was counted, not what is ignored.</summary>
    public void Clear()
    {
        Total = 0;
        Array.Clear(_counts);
    }

    internal void Add(long nanoseconds, ViolationKind kind, ulong detail)
    {
        _counts[(int)kind]++;
        _log.Add(nanoseconds, SocEvent.Violation, (ulong)kind, detail);
        if ((_ignored & (1u << (int)kind)) == 0)
        {
            if (Total < Kept)
            {
                _first[Total] = new Violation(nanoseconds, kind, detail);
            }

            Total++;
        }
    }
}
