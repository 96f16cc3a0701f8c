using System.Diagnostics;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.Workload;

/// <summary>
/// Runs a workload: sets up a queue per slot of the options, and polls them on one thread or several until the time or the number of
/// commands is used up and everything outstanding has completed. The loops allocate nothing and take no locks; threads share nothing.
/// </summary>
public sealed class WorkloadRunner
{
    private const int TurnsBetweenClockReads = 256;

    private readonly NvmeHost _host;
    private readonly HostNamespace _target;
    private readonly WorkloadOptions _options;

    private WorkloadRunner(NvmeHost host, HostNamespace target, WorkloadOptions options)
    {
        _host = host;
        _target = target;
        _options = options;
    }

    /// <summary>Bytes of DMA memory that the options need, with room for queues and what else a host keeps.</summary>
    public static long ArenaLengthBytes(WorkloadOptions options)
    {
        long perSlot = (((long)options.TransferLengthBytes + 4095) & ~4095L)
            + PrpBuilder.ListLengthBytes(PrpBuilder.PageCount(0, options.TransferLengthBytes, 4096), 4096);
        return (perSlot * options.QueueDepth * options.Queues) + (512L * 1024 * options.Queues) + (32L << 20);
    }

    /// <summary>
    /// Runs the workload on I/O queues 1 to <see cref="WorkloadOptions.Queues"/>, which exist with more entries than the depth.
    /// Throws <see cref="ArgumentException"/> for options that do not fit the namespace, <see cref="HostFailureException"/> when the
    /// controller stops answering.
    /// </summary>
    public static WorkloadResult Run(NvmeHost host, HostNamespace target, WorkloadOptions options)
    {
        var runner = new WorkloadRunner(host, target, options);
        WorkloadResult[] results = new WorkloadResult[options.Threads];
        WorkloadQueue[][] queues = runner.BuildQueues(results);
        var failures = new Exception?[options.Threads];
        var threads = new Thread[options.Threads];
        for (int i = 0; i < options.Threads; i++)
        {
            int index = i;
            threads[i] = new Thread(() => runner.RunThread(index, queues[index], results[index], failures)) { Name = $"workload {i}" };
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        WorkloadResult sum = new();
        for (int i = 0; i < results.Length; i++)
        {
            if (failures[i] is { } failure)
            {
                throw new HostFailureException($"workload thread {i} gave up: {failure.Message}", failure);
            }

            sum.Add(results[i]);
        }

        return sum;
    }

    private WorkloadQueue[][] BuildQueues(WorkloadResult[] results)
    {
        if (_options.TransferLengthBytes % _target.BlockLengthBytes != 0 || _options.TransferLengthBytes > _target.TransferLengthMaxBytes)
        {
            throw new ArgumentException($"a transfer of {_options.TransferLengthBytes} bytes does not fit: allowed are multiples of "
                + $"{_target.BlockLengthBytes} up to {_target.TransferLengthMaxBytes}");
        }

        ulong blocks = _options.LogicalBlocks == 0 ? _target.BlockCount - Math.Min(_target.BlockCount, _options.FirstLogicalBlock)
            : _options.LogicalBlocks;
        ulong units = blocks / (uint)(_options.TransferLengthBytes / _target.BlockLengthBytes);
        ulong unitsPerQueue = units / (uint)_options.Queues;
        if (_options.FirstLogicalBlock + blocks > _target.BlockCount || unitsPerQueue <= (uint)_options.QueueDepth)
        {
            throw new ArgumentException(
                $"{blocks} blocks from {_options.FirstLogicalBlock} on do not fit: the namespace has {_target.BlockCount}, "
                + $"and each of {_options.Queues} queues needs more than {_options.QueueDepth} transfers' worth of its own");
        }

        var queues = new WorkloadQueue[_options.Threads][];
        for (int thread = 0; thread < _options.Threads; thread++)
        {
            results[thread] = new WorkloadResult();
            int first = thread * _options.Queues / _options.Threads;
            int end = (thread + 1) * _options.Queues / _options.Threads;
            queues[thread] = new WorkloadQueue[end - first];
            for (int i = first; i < end; i++)
            {
                queues[thread][i - first] = new WorkloadQueue(
                    _host, _target, _host.SubmissionQueues[(ushort)(i + 1)], _options, results[thread], (ulong)i * unitsPerQueue,
                        unitsPerQueue);
            }
        }

        return queues;
    }

    private void RunThread(int index, WorkloadQueue[] queues, WorkloadResult result, Exception?[] failures)
    {
        try
        {
            int processor = _options.FirstProcessor + index;
            if (_options.FirstProcessor >= 0 && Threads.SetAffinity(processor) is < 0 and var error)
            {
                throw new HostFailureException($"cannot pin a thread to processor {processor}: {Errno.Describe(error)}");
            }

            long commands = _options.CommandCount == 0 ? long.MaxValue : (_options.CommandCount / _options.Threads)
                + (index < _options.CommandCount % _options.Threads ? 1 : 0);
            if (_options.Batches)
            {
                LoopBatches(queues, result, commands);
            }
            else
            {
                Loop(queues, result, commands);
            }
        }
#pragma warning disable CA1031 // Whatever ends this thread is reported by the one that waits for it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failures[index] = exception;
        }
    }

    private void Loop(WorkloadQueue[] queues, WorkloadResult result, long budget)
    {
        int[] vectors = _options.WaitForInterrupts ? VectorsOf(queues) : [];
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        long end = _options.CommandCount == 0 ? start + (long)(_options.Duration.TotalSeconds * Stopwatch.Frequency) : long.MaxValue;
        long patience = (long)(_host.Options.Timeout.TotalSeconds * Stopwatch.Frequency);
        long lastProgress = start;
        int completedSince = 0;
        budget -= Fill(queues, budget);
        Ring(queues);
        for (int turn = 1; budget > 0 || Outstanding(queues) > 0; turn++)
        {
            int completed = 0;
            foreach (WorkloadQueue queue in queues)
            {
                completed += queue.Turn(ref budget);
            }

            completedSince += completed;
            if (completed == 0)
            {
                Wait(queues, vectors);
            }

            if ((turn & (TurnsBetweenClockReads - 1)) == 0)
            {
                long now = Stopwatch.GetTimestamp();
                budget = now >= end ? 0 : budget;
                lastProgress = completedSince > 0 ? now : lastProgress;
                completedSince = 0;
                if (now - lastProgress > patience)
                {
                    throw Stuck(queues);
                }
            }
        }

        result.Elapsed = Stopwatch.GetElapsedTime(start);
        result.AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
    }

    private void LoopBatches(WorkloadQueue[] queues, WorkloadResult result, long budget)
    {
        long noMore = 0;
        long start = Stopwatch.GetTimestamp();
        while (budget > 0 && (_options.CommandCount != 0 || Stopwatch.GetElapsedTime(start) < _options.Duration))
        {
            long submitted = Stopwatch.GetTimestamp();
            budget -= Fill(queues, budget);
            Thread.Sleep(1); // a reactor on this processor has its turns, so that none began before this moment when it finds the doorbell
            Ring(queues);
            while (Outstanding(queues) > 0)
            {
                Thread.Sleep(1); // also where the controller is fast: looking would take the lines and the processor from it
                foreach (WorkloadQueue queue in queues)
                {
                    _ = queue.Turn(ref noMore);
                }

                if (Stopwatch.GetElapsedTime(submitted) > _host.Options.Timeout)
                {
                    throw Stuck(queues);
                }
            }
        }

        result.Elapsed = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Fills all queues. Returns how many commands there are.</summary>
    private static int Fill(WorkloadQueue[] queues, long budget)
    {
        long now = Stopwatch.GetTimestamp();
        int count = 0;
        foreach (WorkloadQueue queue in queues)
        {
            count += queue.Fill(budget - count, now);
        }

        return count;
    }

    private static void Ring(WorkloadQueue[] queues)
    {
        foreach (WorkloadQueue queue in queues)
        {
            queue.Ring();
        }
    }

    private HostFailureException Stuck(WorkloadQueue[] queues) =>
        new($"no command completed for {_host.Options.Timeout.TotalSeconds:0} s, {Outstanding(queues)} are outstanding");

    private static int[] VectorsOf(WorkloadQueue[] queues)
    {
        HashSet<int> vectors = [];
        foreach (WorkloadQueue queue in queues)
        {
            _ = vectors.Add(queue.Vector);
        }

        return [.. vectors];
    }

    /// <summary>Nothing has completed: waits as the options say. An interrupt that does not come is a failure, not a reason to look.</summary>
    private void Wait(WorkloadQueue[] queues, int[] vectors)
    {
        if (_options.WaitForInterrupts)
        {
            // The count is taken before the queue is looked at again, so that an interrupt in between ends the next wait at once.
            if (_host.Function.WaitForInterrupts(vectors, Deadline.After(_host.Options.Timeout)) == 0)
            {
                bool isThere = false;
                foreach (WorkloadQueue queue in queues)
                {
                    isThere |= queue.HasCompletion;
                }

                throw new HostFailureException(
                    $"no interrupt came for {_host.Options.Timeout.TotalSeconds:0} s, {Outstanding(queues)} are outstanding, "
                    + (isThere ? "and a completion is there: its interrupt was lost" : "and no completion is there"));
            }
        }
        else if (_options.YieldWhenIdle)
        {
            _ = Thread.Yield();
        }
    }

    private static int Outstanding(WorkloadQueue[] queues)
    {
        int sum = 0;
        foreach (WorkloadQueue queue in queues)
        {
            sum += queue.Outstanding;
        }

        return sum;
    }
}
