using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// Serves one function to one client at a time over the Unix socket DIRECTORY/cntrl: takes clients and lets them go. One thread's.
/// </summary>
/// <remarks>
/// A client may go at any byte and another come at once. The function is told (<see cref="IServedFunction.LinkDown"/>); the next
/// client is served when it is quiescent, and waits in the socket's backlog until then. While there is a client, others are
/// accepted and closed, which tells them more than waiting. With several servers in a process, a client that shortens its memory costs
/// the others theirs too: the fault cannot be told apart.
/// </remarks>
public sealed class VfioUserServer : IDisposable
{
    private const int NoDescriptor = -1;
    private const int EagerLooks = 256;
    private const int LooksPerListenerLook = 8;

    private readonly VfioUserOptions _options;
    private readonly IEventLog? _log;
    private readonly IServedFunction _function;
    private readonly DmaRegions _regions;
    private readonly Session _session;
    private ServerSocket? _socket;
    private State _state;
    private int _waitingClient = NoDescriptor;
    private ulong _repairsSeen = BusErrorGuard.RepairCount;
    private int _callsUntilLook;
    private int _eagerLooksLeft;
    private int _looksUntilListener;
    private long _drainingSinceNanoseconds;
    private bool _drainIsLate;
    private bool _isLeaving; // the client has gone or must go, and its session is still open

    /// <summary>
    /// Creates the server; nobody can connect before <see cref="Start"/>. The function stays the caller's, and outlives the server.
    /// </summary>
    /// <exception cref="PlatformException">No memory, or a wrong option.</exception>
    public VfioUserServer(IServedFunction function, VfioUserOptions options)
    {
        _options = options;
        _log = options.Log;
        _function = function;
        _regions = new DmaRegions(options.DmaRegionsMax, options.MappedFilesMax);
        _session = new Session(function, _regions, options);
    }

    private enum State
    {
        /// <summary>No client, and nothing left of the last one.</summary>
        Listening,

        /// <summary>A client.</summary>
        Connected,

        /// <summary>The client is gone; commands of its time are still in flight, so its memory stays mapped.</summary>
        Draining,
    }

    /// <summary>The client's memory. Changes only inside <see cref="Poll"/>.</summary>
    public HostMemoryMap HostMemory => _regions.Map;

    /// <summary>The engine for the client's memory that has no pointer.</summary>
    public IHostDma HostDma => _session.Dma;

    /// <summary>Whether a client is connected.</summary>
    public bool HasClient => _state == State.Connected;

    /// <summary>Whether the socket is there for clients.</summary>
    public bool IsListening => _socket is not null;

    /// <summary>
    /// Creates the socket; from here on <see cref="Poll"/> calls the function.
    /// </summary>
    /// <exception cref="PlatformException">The socket cannot be had; the message is for the user.</exception>
    public void Start() => _socket = new ServerSocket(_options.DirectoryPath);

    /// <summary>
    /// Looks once at the socket and serves what came. Bounded work, no waiting.
    /// </summary>
    /// <returns>True where something happened, so that an idle loop knows to stay awake.</returns>
    /// <remarks>
    /// The firmware calls this in every turn of its loop, and a look at a socket is a system call, worth several NVMe commands; but
    /// with mapped doorbells the socket is silent for minutes. So a look is taken once in many calls, and in every call for a
    /// while after a message, because messages come in bursts in which each waits for the last one's answer.
    /// </remarks>
    public bool Poll()
    {
        if (--_callsUntilLook > 0)
        {
            return false;
        }

        bool happened = Look();
        _eagerLooksLeft = happened ? EagerLooks : Math.Max(0, _eagerLooksLeft - 1);
        _callsUntilLook = _eagerLooksLeft > 0 ? 1 : _options.CallsPerLook;
        return happened;
    }

    /// <summary>Adds the descriptors whose readability means that <see cref="Poll"/> has work; returns how many.</summary>
    /// <remarks>To be asked before each sleep: the descriptors change. The next <see cref="Poll"/> looks at them.</remarks>
    public int GetWakeDescriptors(Span<int> descriptors)
    {
        _callsUntilLook = 0;
        _looksUntilListener = 0;
        int count = 0;
        if (_socket is not null && count < descriptors.Length)
        {
            descriptors[count++] = _socket.Descriptor;
        }

        if (_session.Descriptor >= 0 && count < descriptors.Length)
        {
            descriptors[count++] = _session.Descriptor;
        }

        return count;
    }

    /// <summary>Stops serving and removes the socket. The function has nothing in flight any more; it is not called.</summary>
    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
        CloseWaitingClient();
        _session.Dispose();
        _regions.Clear();
        _regions.ReleaseUnused();
    }

    private bool Look()
    {
        if (_socket is null)
        {
            return false;
        }

        long now = Clock.MonotonicNanoseconds();
        return _state switch
        {
            State.Connected => Serve(now),
            State.Draining => Drain(now),
            _ => Listen(now),
        };
    }

    private bool Listen(long now)
    {
        int client = _waitingClient >= 0 ? _waitingClient : _socket!.Accept();
        _waitingClient = NoDescriptor;
        if (client < 0)
        {
            return ReportAcceptFailure(client);
        }

        if (!_function.TryHold())
        {
            _waitingClient = client;
            return true;
        }

        int result = _function.Connect();
        if (result < 0)
        {
            _log?.Write("vfio-user: the function takes no client: errno {0}; turned away", -result);
            _ = Files.Close(client);
            return true;
        }

        if (UnixSockets.Peer(client, out PeerCredentials peer) == 0)
        {
            _log?.Write("vfio-user: client connected, process {0} of user {1}", peer.ProcessId, peer.UserId);
        }

        _session.Open(client, now);
        _state = State.Connected;
        return true;
    }

    private bool Serve(long now)
    {
        bool memoryIsGone = BusErrorGuard.RepairCount != _repairsSeen;
        if (memoryIsGone)
        {
            _repairsSeen = BusErrorGuard.RepairCount;
            _log?.Write("vfio-user: the client shortened a file that it gave as memory; it is sent away");
        }

        bool happened = true;
        _isLeaving = _isLeaving || memoryIsGone || !_session.Run(now, out happened);
        if (_isLeaving)
        {
            if (!_function.TryHold())
            {
                return true;
            }

            _isLeaving = false;
            _log?.Write("vfio-user: client disconnected");
            _session.Close();
            _drainingSinceNanoseconds = now;
            _drainIsLate = false;
            _state = State.Draining;
            return true;
        }

        if (!happened && --_looksUntilListener < 0)
        {
            _looksUntilListener = LooksPerListenerLook;
            happened = TurnAway();
        }

        return happened || _session.IsRestless;
    }

    private bool Drain(long now)
    {
        if (_function.IsQuiescent && _function.TryHold())
        {
            _regions.ReleaseUnused();
            _state = State.Listening;
            return true;
        }

        if (now - _drainingSinceNanoseconds > _options.DrainTimeoutNanoseconds)
        {
            if (!_drainIsLate)
            {
                _drainIsLate = true;
                _log?.Write("vfio-user: commands of the last client do not end; new clients are turned away until they do");
            }

            CloseWaitingClient();
            _ = TurnAway();
        }

        return true;
    }

    /// <summary>Takes one more client and closes it, unless the one that is served has just gone: then it is the next.</summary>
    private bool TurnAway()
    {
        int client = _socket!.Accept();
        if (client < 0)
        {
            return ReportAcceptFailure(client);
        }

        // A client that closes and connects again at once may be seen in the wrong order.
        if (_state == State.Connected && _waitingClient < 0 && HasHungUp(_session.Descriptor))
        {
            _waitingClient = client;
            return true;
        }

        _log?.Write("vfio-user: a second client was turned away");
        _ = Files.Close(client);
        return true;
    }

    private static bool HasHungUp(int descriptor)
    {
        Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
        descriptors[0] = new PollDescriptor { Fd = descriptor, Events = PollEvents.PeerHangUp };
        return Events.Poll(descriptors, 0) > 0;
    }

    private bool ReportAcceptFailure(int result)
    {
        if (result is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM or -Errno.ENOBUFS)
        {
            _log?.Write("vfio-user: cannot accept a client: errno {0}", -result);
        }

        return false;
    }

    private void CloseWaitingClient()
    {
        if (_waitingClient >= 0)
        {
            _ = Files.Close(_waitingClient);
            _waitingClient = NoDescriptor;
        }
    }
}
