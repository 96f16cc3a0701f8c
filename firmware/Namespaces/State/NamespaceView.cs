using System.Runtime.CompilerServices;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>Tells a controller that one of its views has something for it; looked at once a turn, set by any thread.</summary>
public sealed class NewsFlag
{
    private volatile bool _isSet;

    /// <summary>True from <see cref="Set"/> to <see cref="Take"/>.</summary>
    public bool IsSet => _isSet;

    /// <summary>There is something.</summary>
    public void Set() => _isSet = true;

    /// <summary>The controller looks now. Cleared before it looks, so that what comes meanwhile is seen the next time.</summary>
    public void Take() => _isSet = false;
}

/// <summary>
/// One namespace as one controller sees it: which host is behind the controller, what that host is to be told, and whether its commands are to
/// be aborted. Where a controller shares a namespace with others, everything that they want of it goes through here.
/// </summary>
/// <remarks>
/// Notices and abort requests have one writer at a time, whoever is in <see cref="NamespaceState"/>, and one reader, the controller's reactor;
/// each side stores only its own position.
/// </remarks>
public sealed class NamespaceView
{
    private const int NoticesMax = 64; // a power of two
    private readonly ReservationNotificationType[] _notices = new ReservationNotificationType[NoticesMax];
    private uint _noticesWritten;
    private uint _noticesRead;
    private uint _noticesLost;
    private uint _noticesLostTaken;
    private uint _abortAsked;
    private uint _abortDone;
    private volatile bool _hasChanged;

    /// <summary>Creates the view of a namespace for a controller.</summary>
    public NamespaceView(NvmeNamespace owner, ushort controllerIdentifier, NewsFlag news)
    {
        Namespace = owner;
        ControllerIdentifier = controllerIdentifier;
        News = news;
    }

    /// <summary>The namespace, with the gate that the controller's commands meet.</summary>
    public NvmeNamespace Namespace { get; }

    /// <summary>The controller.</summary>
    public ushort ControllerIdentifier { get; }

    /// <summary>Set when there is something in this view.</summary>
    public NewsFlag News { get; }

    /// <summary>The host behind the controller. Written and read inside <see cref="NamespaceState"/> only.</summary>
    public HostIdentity Host { get; set; }

    /// <summary>The host is to be told; what does not fit is counted as lost.</summary>
    internal void Notify(ReservationNotificationType type)
    {
        uint written = _noticesWritten;
        if (written - Volatile.Read(ref _noticesRead) == NoticesMax)
        {
            Volatile.Write(ref _noticesLost, _noticesLost + 1);
        }
        else
        {
            _notices[written % NoticesMax] = type;
            Volatile.Write(ref _noticesWritten, written + 1);
        }

        News.Set();
    }

    /// <summary>Something that Identify Namespace says has changed at another controller's wish.</summary>
    internal void NoteChange()
    {
        _hasChanged = true;
        News.Set();
    }

    /// <summary>The host's commands on the namespace are to be aborted.</summary>
    internal void AskAbort()
    {
        Volatile.Write(ref _abortAsked, _abortAsked + 1);
        News.Set();
    }

    /// <summary>True while commands that were to be aborted have not ended.</summary>
    internal bool IsAbortPending => Volatile.Read(ref _abortDone) != Volatile.Read(ref _abortAsked);

    /// <summary>For the controller's reactor: the oldest notice. Lost ones are counted before it.</summary>
    public bool TryTakeNotice(out ReservationNotificationType type)
    {
        uint read = _noticesRead;
        if (read == Volatile.Read(ref _noticesWritten))
        {
            type = ReservationNotificationType.Empty;
            return false;
        }

        type = _notices[read % NoticesMax];
        Volatile.Write(ref _noticesRead, read + 1);
        return true;
    }

    /// <summary>For the controller's reactor: notices lost since it asked last.</summary>
    public uint TakeLostNotices()
    {
        uint lost = Volatile.Read(ref _noticesLost);
        uint taken = lost - _noticesLostTaken;
        _noticesLostTaken = lost;
        return taken;
    }

    /// <summary>For the controller's reactor: whether what Identify says has changed since it asked last.</summary>
    public bool TakeChange()
    {
        bool changed = _hasChanged;
        _hasChanged = false;
        return changed;
    }

    /// <summary>For the controller's reactor: the abort that it has begun with.</summary>
    public uint AbortBegun { get; set; }

    /// <summary>For the controller's reactor: the number of the abort that is asked for.</summary>
    public bool TryGetAbort(out uint number)
    {
        number = Volatile.Read(ref _abortAsked);
        return number != _abortDone;
    }

    /// <summary>For the controller's reactor: what abort <paramref name="number"/> asked for has ended.</summary>
    public void EndAbort(uint number) => Volatile.Write(ref _abortDone, number);
}
