// What controllers of one subsystem share of a namespace: write protection and reservations.
//
// Reactors take no lock, and a change may have to be on disk before anybody sees it. So:
//  - Commands on blocks look at nothing here. Each controller has a gate of its own to each namespace (AccessGate), which says what is refused;
//    whoever publishes a change stores the gates of all controllers.
//  - Whoever reads or changes the rest enters first (TryEnter): one compare-and-swap, held for some hundred instructions and never while
//    waiting for anything. Who does not get in tries again in its next turn. That is all a reactor ever does about it.
//  - A change is prepared on a copy. Where it need not outlive the process it is published at once. Otherwise the copy is handed to the state
//    file's thread, which makes it durable and then publishes it, and the command, which holds a ticket, looks every turn whether that has
//    happened. Meanwhile nobody else can prepare a change; commands on blocks go on.
// An owner reactor for each namespace would do as well, but every reservation command would then cross threads twice, even where there is one
// reactor; reservations change a few times a day.

using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>Write protection and reservations of one namespace, shared by all controllers that have it. Any thread, inside <see cref="TryEnter"/>.</summary>
/// <remarks>Not here: what a reservation command means (<see cref="Reservations"/>), and the file (<see cref="NamespaceStateFile"/>).</remarks>
public sealed class NamespaceState
{
    /// <summary>Controllers that may share a namespace.</summary>
    public const int ViewsMax = 64;

    /// <summary>Hosts that may register; twice as many as there may be controllers, for hosts that were replaced without unregistering.</summary>
    public const int RegistrantsMax = ViewsMax * 2;

    private const int ResultsKept = 1024; // a power of two; one of a thousand later changes overwrites a result that nobody has looked at
    private readonly NamespaceView?[] _views = new NamespaceView?[ViewsMax];
    private readonly ulong[] _results;
    private readonly NamespaceStateFile? _file;
    private NamespaceStateData _current;
    private NamespaceStateData _next;
    private int _claim;
    private bool _abortsPreempted;
    private uint _ticket;
    private int _viewCount;

    /// <summary>Creates the state as it is after power on.</summary>
    /// <param name="hasReservations">Whether hosts may reserve the namespace.</param>
    /// <param name="file">Keeps it over the end of the process; null where nothing does.</param>
    /// <exception cref="PlatformException">The file is there and damaged.</exception>
    public NamespaceState(bool hasReservations = false, NamespaceStateFile? file = null)
    {
        int registrantsMax = hasReservations ? RegistrantsMax : 0;
        HasReservations = hasReservations;
        _file = file;
        _current = new NamespaceStateData(registrantsMax);
        _next = new NamespaceStateData(registrantsMax);
        _results = new ulong[hasReservations || file is not null ? ResultsKept : 16];
        Notices = new ReservationNotices(registrantsMax);
        file?.Load(_current);
    }

    /// <summary>Whether hosts may reserve the namespace (RESCAP).</summary>
    public bool HasReservations { get; }

    /// <summary>Whether the state can outlive a loss of power.</summary>
    public bool IsKept => _file is not null;

    /// <summary>Takes who is to be told of the change that is prepared.</summary>
    public ReservationNotices Notices { get; }

    /// <summary>Write protection state; also outside of <see cref="TryEnter"/>, as it was a moment ago.</summary>
    public WriteProtectionState WriteProtection => Volatile.Read(ref _current).WriteProtection;

    /// <summary>PTPL state; also outside of <see cref="TryEnter"/>, as it was a moment ago.</summary>
    public bool PersistsThroughPowerLoss => Volatile.Read(ref _current).PersistsThroughPowerLoss;

    /// <summary>What is in force. Inside only.</summary>
    public NamespaceStateData Current => _current;

    /// <summary>True while a change is on its way to the file: nobody may prepare another. Inside only.</summary>
    public bool IsSaving { get; private set; }

    /// <summary>The views of all controllers. Inside only.</summary>
    public ReadOnlySpan<NamespaceView?> Views => _views.AsSpan(0, _viewCount);

    /// <summary>Enters, or does not: then try again in the next turn. Never keep it over the end of a call.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref _claim, 1, 0) == 0;

    /// <summary>Leaves.</summary>
    public void Exit()
    {
        Invariant.Check(_claim != 0, "only who is inside leaves");
        Volatile.Write(ref _claim, 0);
    }

    /// <summary>A controller has the namespace from here on. Inside only.</summary>
    /// <returns>False where <see cref="ViewsMax"/> have it already.</returns>
    public bool TryAttach(NamespaceView view)
    {
        if (_viewCount == ViewsMax)
        {
            return false;
        }

        _views[_viewCount++] = view;
        StoreGate(view);
        return true;
    }

    /// <summary>A controller has it no longer. Inside only.</summary>
    public void Detach(NamespaceView view)
    {
        for (int i = 0; i < _viewCount; i++)
        {
            if (_views[i] == view)
            {
                _views[i] = _views[--_viewCount];
                _views[_viewCount] = null;
                return;
            }
        }
    }

    /// <summary>Another host is behind a controller. Inside only.</summary>
    public void SetHost(NamespaceView view, HostIdentity host)
    {
        view.Host = host;
        StoreGate(view);
    }

    /// <summary>The copy on which a change is prepared, equal to what is in force. Inside only, and only while not <see cref="IsSaving"/>.</summary>
    public NamespaceStateData BeginChange(HostIdentity origin)
    {
        Invariant.Check(!IsSaving, "one change at a time");
        _next.CopyFrom(_current);
        Notices.Begin(origin);
        return _next;
    }

    /// <summary>Publishes the prepared change, now or when it is durable. Inside only.</summary>
    /// <param name="hasToLast">Whether it is lost with the process otherwise.</param>
    /// <param name="abortsPreempted">Asks the controllers of preempted hosts to abort their commands, once it is published.</param>
    /// <returns>A ticket for <see cref="TryGetResult"/>.</returns>
    public uint Commit(bool hasToLast, bool abortsPreempted = false)
    {
        uint ticket = ++_ticket;
        _abortsPreempted = abortsPreempted;
        if (hasToLast && _file is not null)
        {
            IsSaving = true;
            _file.Post(this, _next);
        }
        else
        {
            Publish(ticket, Status.Success);
        }

        return ticket;
    }

    /// <summary>How the change with a ticket ended; false while it is under way. Any thread, without entering.</summary>
    public bool TryGetResult(uint ticket, out Status status)
    {
        ulong result = Volatile.Read(ref _results[ticket % (uint)_results.Length]);
        status = new Status((ushort)result);
        return (uint)(result >> 32) == ticket;
    }

    /// <summary>True while a controller has not aborted what it was asked to. Inside only.</summary>
    public bool IsAbortPending
    {
        get
        {
            foreach (NamespaceView? view in Views)
            {
                if (view!.IsAbortPending)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Waits until nothing is on its way to the file, and lets go of it. Not on a reactor; no controller has the namespace any more.</summary>
    internal void Close()
    {
        SpinWait wait = default;
        bool isSaving = true;
        while (isSaving)
        {
            if (TryEnter())
            {
                isSaving = IsSaving;
                Exit();
            }

            wait.SpinOnce();
        }

        _file?.Close();
    }

    /// <summary>The file's thread is through with the change.</summary>
    internal void Saved(bool isDurable)
    {
        SpinWait wait = default;
        while (!TryEnter())
        {
            wait.SpinOnce(); // not a reactor: it may sleep
        }

        IsSaving = false;
        Publish(_ticket, isDurable ? Status.Success : StatusCode.InternalError);
        Exit();
    }

    private void Publish(uint ticket, Status status)
    {
        if (status.IsSuccess)
        {
            NamespaceStateData before = _current;
            Volatile.Write(ref _current, _next);
            _next = before;
            foreach (NamespaceView? view in Views)
            {
                StoreGate(view!);
            }

            SendNotices(before.WriteProtection != _current.WriteProtection);
            if (_abortsPreempted)
            {
                AbortPreempted();
            }
        }

        Volatile.Write(ref _results[ticket % (uint)_results.Length], ((ulong)ticket << 32) | status.Raw);
    }

    private void AbortPreempted()
    {
        foreach (NamespaceView? view in Views)
        {
            if (Notices.WasPreempted(view!.Host))
            {
                view.AskAbort();
            }
        }
    }

    private void SendNotices(bool hasChanged)
    {
        foreach (NamespaceView? view in Views)
        {
            for (int i = 0; i < Notices.Count; i++)
            {
                if (view!.Host.IsSet && Notices.IsFor(i, view.Host, out ReservationNotificationType type))
                {
                    view.Notify(type);
                }
            }

            if (hasChanged)
            {
                view!.NoteChange();
            }
        }
    }

    private void StoreGate(NamespaceView view)
    {
        ref AccessGate gate = ref view.Namespace.Gate;
        gate.RefusedByReservation = _current.RefusedTo(view.Host);
        gate.IsWriteProtected = _current.WriteProtection != WriteProtectionState.NoWriteProtect;
    }
}
