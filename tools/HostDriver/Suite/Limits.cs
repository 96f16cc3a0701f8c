using System.Diagnostics;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Suite;

/// <summary>What the machine can do without us, measured beside us: the ceiling that a figure is read against.</summary>
internal static unsafe class Limits
{
    private const int BounceRounds = 200_000;

    /// <summary>Measures on a thread of its own, which is on that core alone; the caller's stays where it is.</summary>
    internal static double On(int cpu, Func<double> measure)
    {
        double figure = 0;
        Exception? problem = null;
        var thread = new Thread(() =>
        {
            try
            {
                Pin(cpu);
                figure = measure();
            }
            catch (HostFailureException failure)
            {
                problem = failure;
            }
        });
        thread.Start();
        thread.Join();
        return problem is null ? figure : throw new HostFailureException(problem.Message);
    }

    /// <summary>Nanoseconds for a cache line to go from one core to the other and back: two flags on lines of their own. NaN where it is one core.</summary>
    internal static double CacheLineRoundTripNanoseconds(int cpu, int otherCpu) => cpu == otherCpu ? double.NaN : On(cpu, () => Bounce(otherCpu));

    private static double Bounce(int otherCpu)
    {
        const int LineBytes = 64;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(4 * LineBytes, LineBytes);
        NativeMemory.Clear(memory, 4 * LineBytes);
        int* ping = (int*)memory;
        int* pong = (int*)(memory + (2 * LineBytes));
        var other = new Thread(() => Answer(ping, pong, otherCpu));
        other.Start();
        long start = 0;
        for (int i = 1; i <= BounceRounds; i++)
        {
            Volatile.Write(ref *ping, i);
            while (Volatile.Read(ref *pong) != i)
            {
                // The other core is on its way.
            }

            start = i == BounceRounds / 10 ? Stopwatch.GetTimestamp() : start; // the first tenth warms up
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        other.Join();
        NativeMemory.AlignedFree(memory);
        return elapsed.TotalNanoseconds / (BounceRounds - (BounceRounds / 10));
    }

    /// <summary>What two cores do at once of what one does alone: 2 where they share nothing that the work needs.</summary>
    internal static double TwoCoresToOne(int cpu, int otherCpu, Func<double> perSecond)
    {
        double alone = 0;
        foreach (int core in (int[])[cpu, otherCpu])
        {
            alone += On(core, perSecond) / 2;
        }

        double[] each = new double[2];
        var threads = new Thread[2];
        for (int i = 0; i < threads.Length; i++)
        {
            int index = i;
            threads[i] = new Thread(() => each[index] = On(index == 0 ? cpu : otherCpu, perSecond));
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return (each[0] + each[1]) / alone;
    }

    /// <summary>Steps a second of work that needs nothing but its core.</summary>
    internal static double StepsPerSecond(TimeSpan time)
    {
        var random = new RandomNumbers(1);
        long steps = 0;
        ulong sum = 0;
        long start = Stopwatch.GetTimestamp();
        for (; Stopwatch.GetElapsedTime(start) < time; steps += 4096)
        {
            for (int i = 0; i < 4096; i++)
            {
                sum ^= random.Next();
            }
        }

        GC.KeepAlive(sum);
        return steps / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Copies a second from random places of a large buffer into a small one (reads) or back (writes), as a RAM disk has to.</summary>
    internal static double MemoryCopiesPerSecond(long storeBytes, int blockBytes, int depth, bool isWrite, TimeSpan time)
    {
        // On huge pages where there are any, as a ram namespace is: its limit must not pay for address translations that it does not pay for.
        if (MemoryMappings.MapAnonymous((nuint)storeBytes, MapFlags.NoReserve, out void* mapped) is < 0 and var error)
        {
            throw new HostFailureException($"no {storeBytes} bytes for the copies beside ram: {Errno.Describe(error)}");
        }

        _ = MemoryMappings.Advise(mapped, (nuint)storeBytes, MemoryAdvice.HugePage);
        byte* store = (byte*)mapped;
        byte* buffers = (byte*)NativeMemory.AlignedAlloc((nuint)blockBytes * (nuint)depth, 4096);
        NativeMemory.Fill(store, (nuint)storeBytes, 1);
        NativeMemory.Fill(buffers, (nuint)blockBytes * (nuint)depth, 2);
        var random = new RandomNumbers(1);
        ulong blocks = (ulong)(storeBytes / blockBytes);
        long copies = 0;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            for (int i = 0; i < 64; i++, copies++)
            {
                byte* inStore = store + ((nuint)random.Below(blocks) * (nuint)blockBytes);
                byte* buffer = buffers + ((nuint)(copies % depth) * (nuint)blockBytes);
                NativeMemory.Copy(isWrite ? buffer : inStore, isWrite ? inStore : buffer, (nuint)blockBytes);
            }
        }

        double perSecond = copies / Stopwatch.GetElapsedTime(start).TotalSeconds;
        _ = MemoryMappings.Unmap(store, (nuint)storeBytes);
        NativeMemory.AlignedFree(buffers);
        return perSecond;
    }

    /// <summary>
    /// Operations a second of the file through io_uring alone, direct I/O where the file system has it. It polls for results, as the reactor beside it
    /// does: a loop that sleeps for each is a lower limit than the machine's with few operations at a time. 0 where it cannot be opened.
    /// </summary>
    internal static double FileOperationsPerSecond(string path, int blockBytes, int depth, int readPercent, TimeSpan time)
    {
        int fd = Files.Open(path, OpenFlags.ReadWrite | OpenFlags.Direct);
        fd = fd < 0 ? Files.Open(path, OpenFlags.ReadWrite) : fd;
        IoUringOptions options = new() { SubmissionEntries = 256, CompletionEntries = 512, PreferredMode = IoUringMode.DeferredTaskRun };
        if (fd < 0 || Files.Status(fd, out FileStatus status) < 0 || IoUring.Create(in options, out IoUring? ring, out _) < 0)
        {
            return 0;
        }

        using (ring)
        {
            _ = ring!.Start();
            double perSecond = Drive(ring, fd, (long)status.SizeBytes, blockBytes, depth, readPercent, time);
            _ = Files.Close(fd);
            return perSecond;
        }
    }

    private static double Drive(IoUring ring, int fd, long sizeBytes, int blockBytes, int depth, int readPercent, TimeSpan time)
    {
        byte* buffers = (byte*)NativeMemory.AlignedAlloc((nuint)blockBytes * (nuint)depth, 4096);
        NativeMemory.Fill(buffers, (nuint)blockBytes * (nuint)depth, 3);
        var random = new RandomNumbers(1);
        Span<IoUringCompletion> reaped = stackalloc IoUringCompletion[64];
        ulong blocks = (ulong)(sizeBytes / blockBytes);
        long done = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < depth; i++)
        {
            Prepare(i);
        }

        bool isOver = false;
        while (ring.InFlight > 0)
        {
            _ = ring.SubmitAndPoll();
            int count = ring.Reap(reaped);
            isOver = isOver || Stopwatch.GetElapsedTime(start) > time;
            for (int i = 0; i < count; i++, done++)
            {
                if (!isOver)
                {
                    Prepare((int)reaped[i].UserData);
                }
            }
        }

        double perSecond = done / Stopwatch.GetElapsedTime(start).TotalSeconds;
        NativeMemory.AlignedFree(buffers);
        return perSecond;

        void Prepare(int slot)
        {
            byte* buffer = buffers + ((nuint)slot * (nuint)blockBytes);
            ulong offset = random.Below(blocks) * (ulong)blockBytes;
            bool isRead = readPercent == 100 || random.Below(100) < readPercent;
            _ = isRead
                ? ring.TryRead(fd, buffer, (uint)blockBytes, offset, (ulong)slot)
                : ring.TryWrite(fd, buffer, (uint)blockBytes, offset, (ulong)slot);
        }
    }

    private static void Pin(int cpu)
    {
        if (Threads.SetAffinity(cpu) is < 0 and var error)
        {
            throw new HostFailureException($"cannot pin a thread to processor {cpu}: {Errno.Describe(error)}");
        }
    }

    private static void Answer(int* ping, int* pong, int cpu)
    {
        Pin(cpu);
        for (int i = 1; i <= BounceRounds; i++)
        {
            while (Volatile.Read(ref *ping) != i)
            {
                // The other core is on its way.
            }

            Volatile.Write(ref *pong, i);
        }
    }
}
