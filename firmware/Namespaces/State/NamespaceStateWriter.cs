using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>
/// The thread that makes namespace states durable, one for all of a process. Opening, syncing and renaming files takes system calls that no ring
/// does for every file system, and milliseconds that no reactor has. Reactors wake it by an event counter and never wait for it.
/// </summary>
public sealed class NamespaceStateWriter : IDisposable
{
    private const int StackBytes = 256 * 1024;
    private const long LookNanoseconds = 1_000_000_000;
    private NamespaceStateFile[] _files = []; // replaced as a whole, so that the thread needs no lock to go through it
    private readonly EventLog? _log;
    private readonly int _wake;
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private bool _isStarted;

    /// <summary>Creates it; the thread begins with <see cref="Start"/>.</summary>
    /// <param name="log">Takes what goes wrong; may be null.</param>
    /// <exception cref="PlatformException">No event counter is to be had.</exception>
    public NamespaceStateWriter(EventLog? log = null)
    {
        _log = log;
        _wake = Events.Create(0, EventFlags.NonBlocking);
        if (_wake < 0)
        {
            throw new PlatformException($"cannot create an event counter for namespace states: {Errno.Describe(_wake)}");
        }

        _thread = new Thread(Run, StackBytes) { IsBackground = true };
    }

    /// <summary>Begins; files may come later.</summary>
    public void Start()
    {
        _isStarted = true;
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isStarted)
        {
            _isStopping = true;
            Wake();
            _thread.Join();
        }

        _ = Files.Close(_wake);
    }

    /// <summary>Files that it writes.</summary>
    internal int FileCount => Volatile.Read(ref _files).Length;

    /// <summary>A file that it writes.</summary>
    internal void Add(NamespaceStateFile file)
    {
        NamespaceStateFile[] before;
        do
        {
            before = Volatile.Read(ref _files);
        }
        while (Interlocked.CompareExchange(ref _files, [.. before, file], before) != before);
    }

    /// <summary>A file that it writes no more; nothing is posted in it.</summary>
    internal void Remove(NamespaceStateFile file)
    {
        NamespaceStateFile[] before;
        do
        {
            before = Volatile.Read(ref _files);
        }
        while (Interlocked.CompareExchange(ref _files, Array.FindAll(before, other => other != file), before) != before);
    }

    /// <summary>Something was posted. From any thread; a system call that does not block.</summary>
    internal void Wake() => _ = Events.Signal(_wake);

    /// <summary>For the log.</summary>
    internal void Report(string text) => _log?.Write(text);

    private void Run()
    {
        _ = Threads.SetName("nsstate");
        PollDescriptor[] descriptors = [new PollDescriptor { Fd = _wake, Events = PollEvents.In }];
        bool isLast;
        do
        {
            _ = Events.Poll(descriptors, LookNanoseconds);
            _ = Events.Take(_wake, out _);
            isLast = _isStopping; // what was posted before is written all the same
            foreach (NamespaceStateFile file in Volatile.Read(ref _files))
            {
                file.WritePosted();
            }
        }
        while (!isLast);
    }
}
