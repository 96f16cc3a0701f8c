using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>Phase, wrap and fullness of queues, with the test in the controller's place.</summary>
public sealed unsafe class HostQueueTests : IDisposable
{
    private readonly DmaArena _arena = new(4 << 20);

    public void Dispose() => _arena.Dispose();

    private HostCompletionQueue CompletionQueue(int entries, uint* doorbell) =>
        new(1, entries, _arena.Allocate(16 * entries), new Doorbell(doorbell, null!, 0), -1);

    private static void Post(HostCompletionQueue queue, int index, bool phase, ushort command)
    {
        var entry = new CompletionQueueEntry
        {
            CommandIdentifier = command,
            SubmissionQueueIdentifier = 1,
            CompletionStatus = new CompletionStatus { PhaseTag = phase },
        };
        ((CompletionQueueEntry*)queue.Memory.Pointer)[index] = entry;
    }

    [Fact]
    public void Completions_are_taken_by_phase_over_many_wraps()
    {
        uint doorbell = 0;
        HostCompletionQueue queue = CompletionQueue(3, &doorbell);
        for (int i = 0; i < 20; i++)
        {
            Assert.False(queue.HasEntry());
            Assert.False(queue.TryTake(out _));
            Post(queue, i % 3, (i / 3) % 2 == 0, (ushort)i);
            Assert.True(queue.HasEntry());
            Assert.True(queue.TryTake(out CompletionQueueEntry entry));
            Assert.Equal(i, entry.CommandIdentifier);
            queue.RingHead();
            Assert.Equal((uint)((i + 1) % 3), doorbell);
        }
    }

    [Fact]
    public void A_submission_queue_is_full_one_short_of_its_entries()
    {
        uint doorbell = 0;
        HostCompletionQueue completion = CompletionQueue(8, &doorbell);
        var queue = new HostSubmissionQueue(1, 4, _arena.Allocate(256), new Doorbell(&doorbell, null!, 0), completion);
        for (int i = 0; i < 3; i++)
        {
            Assert.False(queue.IsFull);
            Assert.Equal(i, queue.PushTracked(NvmeCommands.Flush(1)));
        }

        Assert.True(queue.IsFull);
        queue.RingTail();
        Assert.Equal(3u, doorbell);
        queue.Head = 1;
        Assert.False(queue.IsFull);
        _ = queue.PushTracked(NvmeCommands.Flush(1));
        Assert.Equal(0, queue.Tail);
        Assert.True(queue.IsFull);
        Assert.Equal(3, ((SubmissionQueueEntry*)queue.Memory.Pointer)[3].Cdw0.CommandIdentifier);
    }

    [Fact]
    public void Identifiers_of_outstanding_commands_are_not_used_again()
    {
        uint doorbell = 0;
        HostCompletionQueue completion = CompletionQueue(8, &doorbell);
        var queue = new HostSubmissionQueue(1, 16, _arena.Allocate(1024), new Doorbell(&doorbell, null!, 0), completion);
        Assert.True(queue.Outstanding.Add(1));
        Assert.Equal([0, 2], [queue.PushTracked(default), queue.PushTracked(default)]);
    }
}
