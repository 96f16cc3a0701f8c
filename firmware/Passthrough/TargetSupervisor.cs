using System.Runtime.InteropServices;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// The control thread of a passthrough subsystem: connects or opens the target, watches it, notices namespaces that come, go or change, and finds
/// it again after it was gone. What it learns it publishes as a new <see cref="TargetSnapshot"/>.
/// </summary>
/// <remarks>
/// Looks once a second, at the warnings of the target's health log every five seconds, and at once when a command has met a lost target. A look
/// that finds nothing new allocates nothing, so that no garbage collection comes of it; what is wrong for long is said once. A target that comes back has to be the same: the controller by serial number (a local drive), a namespace by its
/// identifiers and block; one that is another is not given to a host that has the old one's file system mounted.
/// </remarks>
public sealed unsafe class TargetSupervisor : IDisposable
{
    private const long LookIntervalNanoseconds = 1_000_000_000;
    private const long RetryIntervalNanoseconds = 2_000_000_000;
    private const long RebuildIntervalNanoseconds = 5_000_000_000;
    private const long HealthIntervalNanoseconds = 5_000_000_000;
    private const long ScanDeadlineNanoseconds = 10_000_000_000;
    private const int ScanPollMilliseconds = 200;
    private const int StopDeadlineMilliseconds = 15_000;

    private readonly PassthroughSettings _settings;
    private readonly EventLog _log;
    private readonly Dictionary<uint, string> _identities = []; // of every namespace ever seen: what a later one must agree with
    private readonly List<TargetSnapshot> _retired = []; // until the reactor uses a newer one
    private readonly byte* _page = (byte*)NativeMemory.AllocZeroed(IdentifyData.SizeBytes); // freed in Dispose
    private readonly uint* _list = (uint*)NativeMemory.AllocZeroed(IdentifyData.SizeBytes); // freed in Dispose
    private readonly string _firstSerial;
    private List<PassedOver> _passedOver = []; // as of the last load
    private string _problem = string.Empty; // that keeps it from being there
    private Thread? _thread;
    private string _controllerName;
    private string _statePath;
    private bool _isLive = true;
    private long _nextAttempt;
    private long _nextHealthLook;
    private volatile bool _isEnding;

    /// <summary>Connects or opens the target for the first time.</summary>
    /// <param name="settings">Where it is.</param>
    /// <param name="wantedTransferBytes">The largest transfer that the host is to be offered.</param>
    /// <param name="wait">How long a fabrics target is waited for.</param>
    /// <param name="log">For what happens to the target.</param>
    /// <exception cref="PlatformException">It is not there; the message is for the user.</exception>
    public TargetSupervisor(PassthroughSettings settings, uint wantedTransferBytes, TargetWait wait, EventLog log)
    {
        _settings = settings;
        _log = log;
        if (settings.ConnectOptions is string options)
        {
            FabricsConnection.Enter(options, settings.SubsystemNqn);
        }

        try
        {
            _controllerName = ConnectFirst(wait);
            _statePath = TargetDevices.StatePath(_controllerName);
            TargetSnapshot first = LoadScanned();
            MaximumTransferBytes = TargetDevices.MaximumTransferBytes(first, _controllerName, wantedTransferBytes);
            _firstSerial = TargetDevices.ReadAttribute(_controllerName, "serial");
            Link = new TargetLink(first);
        }
        catch
        {
            LeaveConnection();
            throw;
        }

        log.Write($"passthrough: /dev/{_controllerName} ({settings.Description}), {Link.Latest.Namespaces.Length} namespaces, transfers up to {MaximumTransferBytes} B");
    }

    /// <summary>What the reactor's side reads.</summary>
    public TargetLink Link { get; }

    /// <summary>The largest transfer that target and kernel take, a power of two; what hosts are told does not change later.</summary>
    public uint MaximumTransferBytes { get; }

    /// <summary>Begins to watch.</summary>
    public void Start()
    {
        _thread = new Thread(Watch) { IsBackground = true, Name = "passthrough" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isEnding = true;
        Link.AskForLook();
        if (_thread is not null && !_thread.Join(StopDeadlineMilliseconds))
        {
            return; // it hangs in the kernel; the process ends without it
        }

        foreach (TargetSnapshot snapshot in _retired)
        {
            snapshot.Dispose();
        }

        Link.Latest.Dispose();
        Link.Dispose();
        NativeMemory.Free(_page);
        NativeMemory.Free(_list);
        LeaveConnection();
    }

    private void LeaveConnection()
    {
        if (_settings.ConnectOptions is string options)
        {
            _ = FabricsConnection.Leave(options, _settings.SubsystemNqn);
        }
    }

    private string ConnectFirst(TargetWait wait)
    {
        if (_settings.ConnectOptions is not string options)
        {
            return TargetDevices.NameOf(_settings.DevicePath!);
        }

        long end = Clock.MonotonicNanoseconds() + wait.Nanoseconds;
        while (true)
        {
            try
            {
                return FindOrConnect(options);
            }
            catch (PlatformException problem) when (Clock.MonotonicNanoseconds() < end)
            {
                SayProblem($"{problem.Message}; trying again");
            }

            PollDescriptor stop = new() { Fd = wait.StopDescriptor, Events = PollEvents.In }; // -1 is passed over
            if (Events.Poll(new Span<PollDescriptor>(ref stop), RetryIntervalNanoseconds) > 0)
            {
                throw new PlatformException($"passthrough: asked to end before {_settings.Description} was there");
            }
        }
    }

    private string FindOrConnect(string options) =>
        FabricsConnection.FindExisting(options, _settings.SubsystemNqn) ?? FabricsConnection.Connect(options, _settings.SubsystemNqn);

    /// <summary>Says what keeps the target away, once and not with each attempt: it may last for days.</summary>
    private void SayProblem(string problem)
    {
        if (problem != _problem)
        {
            _problem = problem;
            _log.Write(problem);
        }
    }

    private void Watch()
    {
        while (!_isEnding)
        {
            Link.WaitForWish(LookIntervalNanoseconds);
            if (_isEnding)
            {
                return;
            }

            DisposeRetired();
            try
            {
                if (Link.Latest.ControllerDescriptor >= 0)
                {
                    Look();
                }
                else if (Clock.MonotonicNanoseconds() >= _nextAttempt)
                {
                    TryAgain();
                }
            }
            catch (PlatformException problem)
            {
                _nextAttempt = Clock.MonotonicNanoseconds() + RetryIntervalNanoseconds;
                SayProblem(problem.Message);
            }
        }
    }

    /// <summary>Snapshots that the reactor has left behind; it says so once it has submitted what it prepared with them.</summary>
    private void DisposeRetired()
    {
        if (_retired.Count > 0 && Link.Adopted == Link.Latest)
        {
            foreach (TargetSnapshot snapshot in _retired)
            {
                snapshot.Dispose();
            }

            _retired.Clear();
        }
    }

    private void Publish(TargetSnapshot next)
    {
        _retired.Add(Link.Latest);
        Link.Latest = next;
    }

    /// <summary>The target was there: is it still, and are its namespaces what they were?</summary>
    private void Look()
    {
        Span<byte> text = stackalloc byte[64];
        ReadOnlySpan<byte> state = TargetDevices.ReadState(_statePath, text);
        if (state.IsEmpty || state.StartsWith("deleting"u8) || state.StartsWith("dead"u8))
        {
            _log.Write($"passthrough: /dev/{_controllerName} is gone; commands fail with a status that hosts retry until it is back");
            _isLive = false;
            Publish(Link.Latest.WithoutDevices());
            _nextAttempt = 0;
            return;
        }

        bool isLive = state.SequenceEqual("live"u8);
        if (isLive != _isLive)
        {
            _isLive = isLive;
            _problem = string.Empty;
            _log.Write(isLive ? $"passthrough: /dev/{_controllerName} is back" : $"passthrough: /dev/{_controllerName} lost its target, the kernel reconnects");
        }

        if (isLive && Clock.MonotonicNanoseconds() >= _nextHealthLook)
        {
            LookAtHealth();
        }

        if (isLive && HasChanged(Link.Latest) && Clock.MonotonicNanoseconds() >= _nextAttempt)
        {
            Rebuild();
        }
    }

    /// <summary>
    /// Asks for the warnings, since the kernel leaves a drive's health events switched off and keeps those that come to itself. A target that
    /// cannot say has none that are new.
    /// </summary>
    private void LookAtHealth()
    {
        _nextHealthLook = Clock.MonotonicNanoseconds() + HealthIntervalNanoseconds;
        bool isKnown = TargetDevices.TryReadCriticalWarning(
            Link.Latest.ControllerDescriptor, _page, _settings.AdminTimeoutSeconds, out CriticalWarning warning);
        if (isKnown && warning != Link.CriticalWarning)
        {
            _log.Write($"passthrough: /dev/{_controllerName} has critical warning {(byte)warning:x2}h, before {(byte)Link.CriticalWarning:x2}h");
            Link.CriticalWarning = warning;
        }
    }

    /// <summary>Compares the active namespaces and the data of each with what is published. Allocates nothing.</summary>
    private bool HasChanged(TargetSnapshot known)
    {
        int controller = known.ControllerDescriptor;
        if (TargetDevices.Identify(controller, Cns.ActiveNamespaceList, 0, _list, _settings.AdminTimeoutSeconds) != 0)
        {
            return false; // it is being lost; the state will say so
        }

        int active = 0;
        while (active < IdentifyData.NamespaceListEntries && _list[active] != 0)
        {
            uint identifier = _list[active++];
            int index = known.IndexOf(identifier);
            byte[]? ofPassedOver = index < 0 ? IdentifyOfPassedOver(identifier) : null;
            if (index < 0 && ofPassedOver is null)
            {
                return true;
            }

            if (TargetDevices.Identify(controller, Cns.Namespace, identifier, _page, _settings.AdminTimeoutSeconds) != 0)
            {
                return false;
            }

            ReadOnlySpan<byte> before = ofPassedOver;
            if (index >= 0)
            {
                IdentityCorrection.Namespace((IdentifyNamespace*)_page, _settings.ClearIdentifiers);
                before = new ReadOnlySpan<byte>(known.Identify(in known.Namespaces[index]), IdentifyData.SizeBytes);
            }

            if (!TargetSnapshot.IsSameExceptUse(before, new ReadOnlySpan<byte>(_page, IdentifyData.SizeBytes)))
            {
                return true;
            }
        }

        return active != known.Namespaces.Length + _passedOver.Count;
    }

    private byte[]? IdentifyOfPassedOver(uint namespaceId)
    {
        foreach (PassedOver one in _passedOver)
        {
            if (one.NamespaceId == namespaceId)
            {
                return one.Identify;
            }
        }

        return null;
    }

    private void Rebuild()
    {
        // A namespace whose device is not there yet makes a difference each time: not each second.
        _nextAttempt = Clock.MonotonicNanoseconds() + RebuildIntervalNanoseconds;
        TargetSnapshot next = LoadAndNote();
        TargetSnapshot before = Link.Latest;
        bool isSame = next.Namespaces.Length == before.Namespaces.Length;
        for (int i = 0; isSame && i < next.Namespaces.Length; i++)
        {
            int index = before.IndexOf(next.Namespaces[i].NamespaceId);
            isSame = index >= 0 && next.IsSameNamespace(i, before, index);
        }

        if (isSame)
        {
            next.Dispose();
            return;
        }

        _nextAttempt = Clock.MonotonicNanoseconds() + LookIntervalNanoseconds;
        _log.Write($"passthrough: namespaces of /dev/{_controllerName} changed, now {next.Namespaces.Length}");
        Publish(next);
    }

    /// <summary>The target was gone: opens or connects it again, if it is the same.</summary>
    private void TryAgain()
    {
        if (_retired.Count > 0)
        {
            return; // while our descriptors are open the kernel keeps the old controller's number
        }

        _nextAttempt = Clock.MonotonicNanoseconds() + RetryIntervalNanoseconds;
        string? name = _settings.ConnectOptions is string options
            ? FindOrConnect(options)
            : FindDrive();
        if (name is null)
        {
            return;
        }

        _controllerName = name;
        _statePath = TargetDevices.StatePath(name);
        Span<byte> text = stackalloc byte[64];
        if (!TargetDevices.ReadState(_statePath, text).SequenceEqual("live"u8))
        {
            return;
        }

        TargetSnapshot next = LoadAndNote();
        if (next.Namespaces.Length == 0 && Link.Latest.Namespaces.Length > 0)
        {
            next.Dispose(); // the kernel has not scanned it yet
            return;
        }

        Publish(next);
        _isLive = true;
        _problem = string.Empty;
        _log.Write($"passthrough: /dev/{name} is back, {next.Namespaces.Length} namespaces");
    }

    /// <summary>The drive by its path or, where it came back under another number, by its serial number.</summary>
    private string? FindDrive()
    {
        string wanted = TargetDevices.NameOf(_settings.DevicePath!);
        if (TargetDevices.ReadAttribute(wanted, "serial") == _firstSerial)
        {
            return wanted;
        }

        return _firstSerial.Length == 0 ? null
            : Array.Find(TargetDevices.Controllers(), name => TargetDevices.ReadAttribute(name, "serial") == _firstSerial);
    }

    /// <summary>The first load: the kernel looks for namespaces in the background, and what the host is told of limits depends on them.</summary>
    private TargetSnapshot LoadScanned()
    {
        long end = Clock.MonotonicNanoseconds() + ScanDeadlineNanoseconds;
        while (true)
        {
            TargetSnapshot loaded = LoadAndNote();
            if (loaded.Namespaces.Length > 0 || Clock.MonotonicNanoseconds() >= end)
            {
                return loaded;
            }

            loaded.Dispose();
            Thread.Sleep(ScanPollMilliseconds);
        }
    }

    /// <summary>Loads the target; a namespace that is another one than before is left out.</summary>
    private TargetSnapshot LoadAndNote()
    {
        List<PassedOver> passedOver = [];
        Dictionary<uint, string> found = [];
        TargetSnapshot loaded = TargetDevices.Load(_controllerName, _settings, _identities, passedOver, found);
        passedOver.FindAll(one => !_passedOver.Exists(other => other.Reason == one.Reason)).ForEach(one => _log.Write(one.Reason));
        _passedOver = passedOver;

        foreach ((uint identifier, string identity) in found)
        {
            _identities[identifier] = identity;
        }

        return loaded;
    }
}
