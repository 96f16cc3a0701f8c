using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>
/// Interrupt coalescing of the firmware as a process, seen by the event descriptors that a client gives it. Of time only what cannot be
/// too early is asserted: a wait may always be longer on a busy machine.
/// </summary>
[Collection("firmware process")]
public sealed class CoalescingTests
{
    private const uint LongestTime = 255; // 25.5 ms
    private const int LoadedMachineRounds = 200; // one of which is not held up by others
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(25.5);

    [Theory]
    [InlineData(InterruptKind.Msix)]
    [InlineData(InterruptKind.Msi)]
    [InlineData(InterruptKind.Intx)]
    public void As_many_completions_as_the_threshold_are_one_interrupt(InterruptKind kind)
    {
        using Rig rig = new(kind, thresholdZeroBased: 7, LongestTime);
        TimeSpan shortest = TimeSpan.MaxValue;
        for (int i = 0; i < 10 || (i < LoadedMachineRounds && shortest >= s_longest / 2); i++)
        {
            Assert.Equal(1UL, rig.Interrupts(commands: 8, out TimeSpan waited));
            shortest = waited < shortest ? waited : shortest;
        }

        // Half of the time: the firmware takes a time that is a turn old, so that a wait for the whole of it may look a little shorter.
        Assert.True(shortest < s_longest / 2, $"the threshold was reached, and the shortest wait was {shortest.TotalMilliseconds} ms");
    }

    [Theory]
    [InlineData(InterruptKind.Msix)]
    [InlineData(InterruptKind.Msi)]
    [InlineData(InterruptKind.Intx)]
    public void Fewer_completions_wait_for_the_aggregation_time(InterruptKind kind)
    {
        using Rig rig = new(kind, thresholdZeroBased: 7, LongestTime);
        TimeSpan waited = rig.UsualWait(commands: 3);
        Assert.True(waited >= s_longest - TimeSpan.FromMilliseconds(1), $"the interrupt came after {waited.TotalMilliseconds} ms");
    }

    [Theory]
    [InlineData(InterruptKind.Msix, 7u, 0u)]
    [InlineData(InterruptKind.Msix, 0u, LongestTime)]
    [InlineData(InterruptKind.Msi, 7u, 0u)]
    [InlineData(InterruptKind.Intx, 0u, LongestTime)]
    public void Without_a_time_or_with_a_threshold_of_one_nothing_waits(InterruptKind kind, uint thresholdZeroBased, uint time)
    {
        using Rig rig = new(kind, thresholdZeroBased, time);
        Assert.True(rig.ShortestWait(LoadedMachineRounds) < s_longest);
    }

    [Theory]
    [InlineData(InterruptKind.Msix)]
    [InlineData(InterruptKind.Msi)]
    [InlineData(InterruptKind.Intx)]
    public void A_vector_whose_coalescing_is_disabled_does_not_wait(InterruptKind kind)
    {
        using Rig rig = new(kind, thresholdZeroBased: 255, LongestTime);
        Assert.True(rig.UsualWait() >= s_longest - TimeSpan.FromMilliseconds(1));
        NvmeHost.ThrowIfError(rig.Host.Admin(NvmeCommands.SetFeatures(0x09, (uint)rig.Vector | (1u << 16))), "Set Features 09h");
        Assert.True(rig.ShortestWait(LoadedMachineRounds) < s_longest);
        NvmeHost.ThrowIfError(rig.Host.Admin(NvmeCommands.SetFeatures(0x09, (uint)rig.Vector)), "Set Features 09h");
        Assert.True(rig.UsualWait() >= s_longest - TimeSpan.FromMilliseconds(1));
    }

    [Theory]
    [InlineData(InterruptKind.Msix)]
    [InlineData(InterruptKind.Msi)]
    [InlineData(InterruptKind.Intx)]
    public void The_admin_queue_never_waits(InterruptKind kind)
    {
        using Rig rig = new(kind, thresholdZeroBased: 255, LongestTime);
        TimeSpan shortest = TimeSpan.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            // A completion is seen before its interrupt is sent; a message is answered after that.
            _ = rig.Host.Function.ReadConfiguration(6, 1);
            _ = rig.Host.Function.TakeInterrupts(0);
            long start = Stopwatch.GetTimestamp();
            _ = rig.Host.Submit(rig.Host.AdminQueue, NvmeCommands.GetFeatures(0x07));
            Assert.Equal(1UL, rig.Host.Function.WaitForInterrupt(0, Deadline.AfterMilliseconds(20_000)));
            shortest = TimeSpan.FromTicks(Math.Min(shortest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
            _ = rig.Host.Poll(rig.Host.AdminQueue.CompletionQueue);
        }

        Assert.True(shortest < s_longest, $"the shortest wait was {shortest.TotalMilliseconds} ms");
    }

    /// <summary>A firmware process with coalescing set, and a queue on vector 1, or where there is the pin only, on 0.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly FirmwareProcess _firmware = new("--namespace", "null:64M", "--interrupt-pin", "1");
        private readonly HostSubmissionQueue _queue;

        public Rig(InterruptKind kind, uint thresholdZeroBased, uint timeIn100Microseconds)
        {
            Vector = kind == InterruptKind.Intx ? 0 : 1;
            Host = _firmware.Connect(new NvmeHostOptions { Interrupts = kind, Vectors = Vector + 1 });
            Host.Enable();
            NvmeHost.ThrowIfError(Host.Admin(NvmeCommands.SetFeatures(0x08, thresholdZeroBased | (timeIn100Microseconds << 8))), "Set Features 08h");
            _queue = Host.CreateSubmissionQueue(1, 64, Host.CreateCompletionQueue(1, 64, Vector));
        }

        public NvmeHost Host { get; }

        public int Vector { get; }

        /// <summary>Submits commands with one doorbell, waits for them and an interrupt, and returns how many interrupts came.</summary>
        public ulong Interrupts(int commands, out TimeSpan waited)
        {
            // The pin is the admin queue's as well: until the firmware has seen that this host has taken what it polled for.
            Assert.True(SpinWait.SpinUntil(() => (Host.Function.ReadConfiguration(6, 1) & 8) == 0, 20_000));
            _ = Host.Function.TakeInterrupts(Vector);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < commands; i++)
            {
                _ = Host.Push(_queue, NvmeCommands.Flush(1));
            }

            _queue.RingTail();
            ulong count = Host.Function.WaitForInterrupt(Vector, Deadline.AfterMilliseconds(20_000));
            waited = Stopwatch.GetElapsedTime(start);
            int taken = 0;
            for (Deadline deadline = Deadline.AfterMilliseconds(20_000); taken < commands && !deadline.Passed;)
            {
                taken += Host.Poll(_queue.CompletionQueue);
            }

            Assert.Equal(commands, taken);
            return count + Host.Function.TakeInterrupts(Vector);
        }

        /// <summary>
        /// The median of some waits for the one interrupt of so many commands. A firmware that lost the processor between its look at the clock
        /// and the completion takes the time of the look, so that single waits may look shorter.
        /// </summary>
        public TimeSpan UsualWait(int commands = 1)
        {
            TimeSpan[] waits = new TimeSpan[9];
            for (int i = 0; i < waits.Length; i++)
            {
                Assert.Equal(1UL, Interrupts(commands, out waits[i]));
            }

            Array.Sort(waits);
            return waits[waits.Length / 2];
        }

        /// <summary>The shortest of some waits for the interrupt of one command; the first that is shorter than the longest time ends the search.</summary>
        public TimeSpan ShortestWait(int rounds)
        {
            TimeSpan shortest = TimeSpan.MaxValue;
            for (int i = 0; i < rounds && shortest >= s_longest - TimeSpan.FromMilliseconds(1); i++)
            {
                Assert.Equal(1UL, Interrupts(1, out TimeSpan waited));
                shortest = waited < shortest ? waited : shortest;
            }

            return shortest;
        }

        public void Dispose()
        {
            Host.Dispose();
            _firmware.Dispose();
        }
    }
}
