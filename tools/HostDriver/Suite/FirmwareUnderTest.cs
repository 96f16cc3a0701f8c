using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Nvmepf.HostDriver.Cli;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.Suite;

/// <summary>A firmware process that the suite starts, looks at and ends. It serves a directory that goes away with it.</summary>
internal sealed partial class FirmwareUnderTest : IDisposable
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly string _directory;

    /// <summary>Starts the binary and waits until it listens. Throws <see cref="UsageException"/> when it does not.</summary>
    internal FirmwareUnderTest(string binary, IEnumerable<string> arguments)
    {
        _directory = Directory.CreateTempSubdirectory("nvmepf-bench-").FullName;
        var start = new ProcessStartInfo(binary, ["--vfio-user", _directory, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        long began = Stopwatch.GetTimestamp();
        _process = Start(start);
        _process.ErrorDataReceived += (_, line) => Log += line.Data + "\n";
        _process.BeginErrorReadLine();
        string socket = Path.Join(_directory, "cntrl");
        while (!File.Exists(socket))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > s_startTimeout)
            {
                if (_process.HasExited)
                {
                    _process.WaitForExit(); // for its last words
                }

                Dispose();
                throw new UsageException($"{binary} does not serve:\n{Log}");
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(0.2));
        }

        StartTime = Stopwatch.GetElapsedTime(began);
    }

    /// <summary>From starting the process to its socket.</summary>
    internal TimeSpan StartTime { get; }

    /// <summary>What it has printed.</summary>
    internal string Log { get; private set; } = "";

    /// <summary>Its process.</summary>
    internal int ProcessId => _process.Id;

    /// <summary>Processor time that its threads have used; the kernel's count of nanoseconds, not of ticks.</summary>
    internal double ProcessorNanoseconds
    {
        get
        {
            double sum = 0;
            foreach (string task in Directory.EnumerateDirectories($"/proc/{ProcessId}/task"))
            {
                sum += double.Parse(File.ReadAllText(Path.Join(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            }

            return sum;
        }
    }

    /// <summary>VmRSS in bytes.</summary>
    internal long ResidentBytes
    {
        get
        {
            foreach (string line in File.ReadLines($"/proc/{ProcessId}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                {
                    return 1024 * long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
                }
            }

            return 0;
        }
    }

    /// <summary>The thread that turns, by its name; the process's first thread where there is none of that name.</summary>
    internal int ReactorThreadId
    {
        get
        {
            foreach (string task in Directory.EnumerateDirectories($"/proc/{ProcessId}/task"))
            {
                if (File.ReadAllText(Path.Join(task, "comm")).Trim() == "reactor0")
                {
                    return int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
                }
            }

            return ProcessId;
        }
    }

    /// <summary>Connects a host, enables the controller, and creates queues.</summary>
    internal NvmeHost Connect(NvmeHostOptions options, int queues, int entries)
    {
        NvmeHost host = NvmeHost.Connect(_directory, options);
        host.Enable();
        if (queues > 0)
        {
            host.CreateQueuePairs(queues, Math.Min(entries, host.Capabilities.MaximumQueueEntriesSupportedZeroBased + 1));
        }

        return host;
    }

    /// <summary>Asks the console one line, as a script does. Throws <see cref="UsageException"/> where it says that something is wrong.</summary>
    internal string Ask(string line)
    {
        using Socket console = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        console.Connect(new UnixDomainSocketEndPoint(Path.Join(_directory, "console")));
        _ = console.Send([1, .. Encoding.ASCII.GetBytes(line), (byte)'\n']); // 1: a line, not a person
        StringBuilder answer = new();
        byte[] buffer = new byte[16 * 1024];
        for (int count; (count = console.Receive(buffer)) > 0;)
        {
            _ = answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        // The end is a mark and a digit: 0 where all is well.
        return answer.Length > 1 && answer[^1] == '0' ? answer.ToString(0, answer.Length - 2) : throw new UsageException($"{line}: {answer}");
    }

    /// <summary>The counters of the diagnostics log page (C0h).</summary>
    internal static ReactorCounters Counters(NvmeHost host) => ReactorCounters.Parse(host.LogPage(0xC0, ReactorCounters.PageBytes));

    /// <summary>Lets it stand still, so that its core is free for another measurement, until <see cref="Continue"/>.</summary>
    internal void Pause() => Signal(StopSignal);

    /// <summary>Lets it go on.</summary>
    internal void Continue() => Signal(ContinueSignal);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _ = _process.WaitForExit(10_000);
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int processId, int signal);

    private void Signal(int signal)
    {
        if (SendSignal(ProcessId, signal) != 0)
        {
            throw new HostFailureException($"the firmware (process {ProcessId}) has ended:\n{Log}");
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new UsageException($"{start.FileName}: cannot be started");
        }
        catch (Exception problem) when (problem is Win32Exception or UsageException)
        {
            Directory.Delete(_directory);
            throw new UsageException($"--firmware {start.FileName}: {problem.Message}; allowed: the nvmepf binary, as ./build.sh publish makes it");
        }
    }
}

/// <summary>What the firmware counts of itself.</summary>
internal readonly record struct ReactorCounters(
    ulong CommandsCompleted, ulong Turns, ulong ProductiveTurns, ulong ManagedBytesAllocated, ulong BusyNanoseconds, ulong RingEnters)
{
    /// <summary>Bytes of the page.</summary>
    internal const int PageBytes = 1024;

    /// <summary>Reads the fields out of a diagnostics log page.</summary>
    internal static ReactorCounters Parse(byte[] page) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(24)),
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(64)),
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(72)),
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(104)),
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(456)),
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(448)));

    /// <summary>What was counted between two looks.</summary>
    public static ReactorCounters operator -(ReactorCounters after, ReactorCounters before) => new(
        after.CommandsCompleted - before.CommandsCompleted,
        after.Turns - before.Turns,
        after.ProductiveTurns - before.ProductiveTurns,
        after.ManagedBytesAllocated - before.ManagedBytesAllocated,
        after.BusyNanoseconds - before.BusyNanoseconds,
        after.RingEnters - before.RingEnters);

    /// <summary>What one reactor has done: the commands that it ended, and how long it worked.</summary>
    internal static (ulong Commands, ulong BusyNanoseconds) OfReactor(byte[] page, int reactor) => (
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(128 + (40 * reactor))),
        BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(512 + (8 * reactor))));
}
