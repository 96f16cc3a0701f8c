using System;
using System.Collections.Generic;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>A started ring that belongs to the test's thread.</summary>
internal static unsafe class IoUringHarness
{
    internal const long Deadline = 10_000_000_000;

    public static TheoryData<IoUringMode> Modes =>
        new() { IoUringMode.DeferredTaskRun, IoUringMode.CooperativeTaskRun, IoUringMode.Plain };

    internal static IoUring Create(IoUringMode mode = IoUringMode.DeferredTaskRun, uint submissions = 8, uint completions = 16)
    {
        IoUringOptions options = new() { SubmissionEntries = submissions, CompletionEntries = completions, PreferredMode = mode };
        int result = IoUring.Create(options, out IoUring? ring, out string problem);
        Assert.True(result == 0, problem);
        Assert.Equal(string.Empty, problem);
        Assert.True(ring!.Mode >= mode);
        Assert.Equal(0, ring.Start());
        return ring;
    }

    /// <summary>Submits and waits until nothing is in flight.</summary>
    internal static Dictionary<ulong, int> Drain(IoUring ring)
    {
        Dictionary<ulong, int> results = [];
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[4];
        long end = Clock.MonotonicNanoseconds() + Deadline;
        while (ring.InFlight != 0)
        {
            int result = ring.SubmitAndWait(Deadline);
            Assert.True(result >= 0 || result == -Errno.EINTR, Errno.Describe(result));
            int count = ring.Reap(completions);
            for (int i = 0; i < count; i++)
            {
                Assert.True(results.TryAdd(completions[i].UserData, completions[i].Result));
                Assert.Equal(0u, completions[i].Flags);
            }
            Assert.True(Clock.MonotonicNanoseconds() < end);
        }
        Assert.Equal(0u, ring.OverflowCount);
        return results;
    }

    /// <summary>Submits the one operation that was prepared and returns its result.</summary>
    internal static int Run(IoUring ring, bool prepared)
    {
        Assert.True(prepared);
        Assert.Equal(1u, ring.InFlight);
        Dictionary<ulong, int> results = Drain(ring);
        return Assert.Single(results).Value;
    }

    internal static void* Map(nuint length)
    {
        Assert.Equal(0, MemoryMappings.MapAnonymous(length, MapFlags.Populate, out void* memory));
        return memory;
    }
}
