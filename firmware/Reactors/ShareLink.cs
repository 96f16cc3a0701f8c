using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Reactors;

/// <summary>What a share tells its controller.</summary>
internal enum ShareReportKind : byte
{
    /// <summary>A command failed: for the error log.</summary>
    Failed,

    /// <summary>A command has ended for which an Abort command of the admin queue waits.</summary>
    AbortEnded,
}

/// <summary>One report.</summary>
internal struct ShareReport
{
    /// <summary>What it is.</summary>
    public ShareReportKind Kind;

    /// <summary>AbortEnded: the command was aborted.</summary>
    public bool WasAborted;

    /// <summary>AbortEnded: the slot of the Abort command in the controller's own engine.</summary>
    public int AbortSlot;

    /// <summary>Failed: the command.</summary>
    public FailedCommand Command;
}

/// <summary>Everything that passes between a controller's own reactor and the reactor of one of its other shares.</summary>
/// <remarks>
/// Reports that must not be lost (ends of aborted commands, few by ACL) find room kept for them; error-log entries that find none are counted.
/// Conditions that are told once, however often they occur, are counters: the share adds, the controller compares.
/// </remarks>
internal sealed class ShareLink
{
    private const int ReportsMax = 256;
    private const int ReservedReports = 16;
    private readonly SpscRing<ShareReport> _reports = new(ReportsMax);
    private readonly ReactorLink _owner;
    private string? _fatal;
    private uint _badDoorbells;
    private uint _badDoorbellsSeen;
    private ulong _lost;
    private ulong _lostSeen;

    /// <summary>Creates the link.</summary>
    /// <param name="platform">The platform as the share sees it.</param>
    /// <param name="owner">The controller's own reactor.</param>
    public ShareLink(SharedPlatform platform, ReactorLink owner)
    {
        Platform = platform;
        _owner = owner;
    }

    /// <summary>Who may touch the share.</summary>
    public HoldGate Gate { get; } = new();

    /// <summary>The platform as the share sees it.</summary>
    public SharedPlatform Platform { get; }

    /// <summary>Share: a command failed.</summary>
    public void ReportFailed(in FailedCommand command)
    {
        ShareReport report = new() { Kind = ShareReportKind.Failed, Command = command };
        if (_reports.FreeCount <= ReservedReports || !_reports.TryAdd(in report))
        {
            Volatile.Write(ref _lost, _lost + 1);
        }
    }

    /// <summary>Share: a command has ended that an Abort command waits for.</summary>
    public void ReportAbortEnded(int abortSlot, bool wasAborted)
    {
        ShareReport report = new() { Kind = ShareReportKind.AbortEnded, AbortSlot = abortSlot, WasAborted = wasAborted };
        bool isAdded = _reports.TryAdd(in report);
        Invariant.Check(isAdded, "there is room for as many ends of aborts as may wait");
        _owner.Wake();
    }

    /// <summary>Share: the host wrote an invalid value to a doorbell.</summary>
    public void ReportBadDoorbell() => Volatile.Write(ref _badDoorbells, _badDoorbells + 1);

    /// <summary>Share: what the host can only recover from by a reset.</summary>
    public void ReportFatal(string text) => Volatile.Write(ref _fatal, text);

    /// <summary>Controller: true where a report or a DMA request waits.</summary>
    public bool HasNews => !_reports.IsEmpty || Platform.Dma.HasRequests;

    /// <summary>Controller: takes the oldest report.</summary>
    public bool TryTake(out ShareReport report)
    {
        bool found = _reports.TryPeek(out report);
        if (found)
        {
            _reports.Remove();
        }

        return found;
    }

    /// <summary>Controller: true where a doorbell was written badly since the last look.</summary>
    public bool TakeBadDoorbell()
    {
        uint now = Volatile.Read(ref _badDoorbells);
        bool found = now != _badDoorbellsSeen;
        _badDoorbellsSeen = now;
        return found;
    }

    /// <summary>Controller: failed commands since the last look that found no room.</summary>
    public ulong TakeLost()
    {
        ulong now = Volatile.Read(ref _lost);
        ulong lost = now - _lostSeen;
        _lostSeen = now;
        return lost;
    }

    /// <summary>Controller: why the share asks for fatal status; null where it does not.</summary>
    public string? Fatal => Volatile.Read(ref _fatal);

    /// <summary>Controller, while the share is held: a reset forgets what was reported.</summary>
    public void Reset()
    {
        while (TryTake(out _))
        {
        }

        _ = TakeBadDoorbell();
        _ = TakeLost();
        _fatal = null;
    }
}
