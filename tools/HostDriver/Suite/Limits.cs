using System.Diagnostics;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Suite;

/// <summary>What the machine can do without us, measured beside us: the ceiling that a figure is read against.</summary>
internal static unsafe class Limits
{
    private const int BounceRounds = 200_000;

    /// <summary>Nanoseconds for a cache line to go from one core to the other and back: two flags on lines of their own.</summary>
    internal static double CacheLineRoundTripNanoseconds(int cpu, int otherCpu)
    {
        const int LineBytes = 64;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(4 * LineBytes, LineBytes);
        NativeMemory.Clear(memory, 4 * LineBytes);
        int* ping = (int*)memory;
        int* pong = (int*)(memory + (2 * LineBytes));
        var other = new Thread(() => Answer(ping, pong, otherCpu));
        other.Start();
        _ = Threads.SetAffinity(cpu);
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
    internal static double TwoCoresToOne(int cpu, int otherCpu, Func<int, double> perSecond)
    {
        double alone = 0;
        foreach (int core in (int[])[cpu, otherCpu])
        {
            var thread = new Thread(() => alone += perSecond(core) / 2);
            thread.Start();
            thread.Join();
        }

        double[] each = new double[2];
        var threads = new Thread[2];
        for (int i = 0; i < threads.Length; i++)
        {
            int index = i;
            threads[i] = new Thread(() => each[index] = perSecond(index == 0 ? cpu : otherCpu));
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return (each[0] + each[1]) / alone;
    }

    /// <summary>Steps a second of work that needs nothing but its core.</summary>
    internal static double StepsPerSecond(int cpu, TimeSpan time)
    {
        _ = Threads.SetAffinity(cpu);
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
    internal static double MemoryCopiesPerSecond(int cpu, long storeBytes, int blockBytes, int depth, bool isWrite, TimeSpan time)
    {
        _ = Threads.SetAffinity(cpu);
        byte* store = (byte*)NativeMemory.AlignedAlloc((nuint)storeBytes, 4096);
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
        NativeMemory.AlignedFree(store);
        NativeMemory.AlignedFree(buffers);
        return perSecond;
    }

    /// <summary>Operations a second of the file through io_uring alone, direct I/O where the file system has it. 0 where it cannot be opened.</summary>
    internal static double FileOperationsPerSecond(int cpu, string path, int blockBytes, int depth, int readPercent, TimeSpan time)
    {
        _ = Threads.SetAffinity(cpu);
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
            _ = ring.SubmitAndWait(1_000_000_000);
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

    private static void Answer(int* ping, int* pong, int cpu)
    {
        _ = Threads.SetAffinity(cpu);
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
