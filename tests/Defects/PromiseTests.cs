using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;
using Nvmepf.Tests.Arbitration;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>
/// What a host relies on when completions, interrupts, deletions and shutdowns meet: each test fails on a defect of tests/Defects/Promises that
/// the tests first picked for it let pass. Whether any other test would have noticed was not tried.
/// </summary>
public sealed class PromiseTests
{
    private const ArbitrationMechanism Plain = ArbitrationMechanism.RoundRobin;

    [Fact]
    public void The_part_of_a_completion_that_shows_it_to_the_host_is_stored_last()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent], slots: 100, instant: true);
        TestCompletionQueue queue = rig.Host.Completion(1);
        using StoreWatch watch = new(rig.Host, queue);
        rig.Run(3000, 1);
        Assert.Null(watch.Problem);
        Assert.True(watch.Shown >= 3000, $"{watch.Shown} of 3000 completions were seen to be stored");
    }

    [Fact]
    public void An_interrupt_follows_the_completion_that_it_is_for()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent], isMemoryDirect: false, slots: 100, instant: true);
        FakeHostDma dma = rig.Platform.Dma;
        ulong entry = rig.Host.Completion(1).Address;
        bool isSent = false;
        dma.PumpsOnPoll = false;
        dma.Taken = (direction, host, _, _) => isSent |= direction == DmaDirection.DeviceToHost && host == entry;
        long before = rig.Platform.InterruptCount(1);
        rig.Fill(1, 1);
        for (int i = 0; !isSent; i++)
        {
            Assert.True(i < 1000, "the command is answered");
            dma.PumpAll();
            rig.Host.RunTurns(1);
        }

        rig.Host.RunTurns(10);
        Assert.Equal(before, rig.Platform.InterruptCount(1)); // the entry is not there yet
        dma.PumpAll();
        rig.Host.RunTurns(2);
        Assert.Equal(before + 1, rig.Platform.InterruptCount(1));
        Assert.True(rig.Host.TryReap(1, out _));
    }

    [Fact]
    public void A_head_beyond_the_last_completion_changes_nothing()
    {
        const int Entries = 8;
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent], slots: 100, instant: true);
        Assert.True(rig.Host.CreateCompletionQueue(5, Entries, 5).IsSuccess);
        Assert.True(rig.Host.CreateSubmissionQueue(5, 5, 64).IsSuccess);
        rig.Fill(5, 3);
        rig.Host.RunTurns(10);
        foreach (uint head in new uint[] { 4, 7, Entries, 0xFFFF_FFFF })
        {
            rig.Host.Completion(5).WriteHeadDoorbell(head);
            rig.Host.RunTurns(10);
        }

        rig.Fill(5, Entries);
        rig.Host.RunTurns(100);
        for (int i = 0; i < Entries - 1; i++)
        {
            Assert.True(rig.Host.Completion(5).TryTake(out CompletionQueueEntry completion), $"{i} of {Entries - 1} places are used");
            rig.Host.Submission(5).Complete(in completion);
        }

        Assert.False(rig.Host.Completion(5).TryTake(out _));
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void A_deletion_is_answered_when_the_last_completion_of_its_queue_has_arrived()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent], isMemoryDirect: false, slots: 100, instant: true);
        FakeHostDma dma = rig.Platform.Dma;
        ulong entry = rig.Host.Completion(1).Address;
        int sent = 0;
        dma.Taken = (direction, host, _, _) => sent += direction == DmaDirection.DeviceToHost && host == entry ? 1 : 0;

        // Its completions fail to arrive, and are sent again; those of the admin queue, which lies below, come through.
        dma.FaultDirection = DmaDirection.DeviceToHost;
        dma.FaultsFromAddress = entry;
        dma.FailNext = 14;
        Assert.True(rig.Host.AdminQueue.Address < entry);
        rig.Fill(1, 1);
        for (int i = 0; sent == 0; i++)
        {
            Assert.True(i < 1000, "the command is answered");
            rig.Host.RunTurns(1);
        }

        SubmissionQueueEntry delete = TestHost.Admin(AdminOpcode.DeleteIoSubmissionQueue);
        delete.Cdw10 = 1;
        Assert.True(rig.Host.Execute(rig.Host.AdminQueue, in delete).CompletionStatus.Status.IsSuccess);
        Assert.True(rig.Host.Completion(1).TryTake(out _), "the deletion was answered before the command");
        Assert.True(sent > 1);
    }

    [Fact]
    public void A_shutdown_flushes_when_the_commands_before_it_have_ended()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent]);
        SubmissionQueueEntry write = TestHost.Blocks(NvmOpcode.Write, 0, 1);
        write.Prp1 = rig.Host.Allocate(4096);
        _ = rig.Host.Submission(1).Submit(in write);
        rig.Host.RunTurns(10);
        Assert.Equal(1, rig.Backend.PendingCount);
        rig.Host.Write32(
            RegisterOffset.ControllerConfiguration, (rig.Host.EnabledConfiguration with { ShutdownNotification = ShutdownNotification.Normal }).Raw);
        rig.Host.RunTurns(100);
        Assert.Equal(1, rig.Backend.PendingCount); // the write, and no flush beside it
        Assert.Equal(ShutdownStatus.Occurring, rig.Host.Status.ShutdownStatus);
        for (int i = 0; i < 1000 && rig.Host.Status.ShutdownStatus != ShutdownStatus.Complete; i++)
        {
            rig.Step();
        }

        Assert.Equal(ShutdownStatus.Complete, rig.Host.Status.ShutdownStatus);
        Assert.Equal(1, rig.Completed[1]);
    }

    [Fact]
    public void An_aborted_command_is_answered_when_the_disk_has_let_go_of_its_memory()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent]);
        SubmissionQueueEntry read = TestHost.Blocks(NvmOpcode.Read, 0, 1);
        read.Prp1 = rig.Host.Allocate(4096);
        ushort identifier = rig.Host.Submission(1).Submit(in read);
        rig.Host.RunTurns(10);
        Assert.Equal(1, rig.Backend.PendingCount);
        SubmissionQueueEntry abort = TestHost.Admin(AdminOpcode.Abort);
        abort.Cdw10 = 1 | ((uint)identifier << 16);
        ushort abortIdentifier = rig.Host.AdminQueue.Submit(in abort);
        rig.Host.RunTurns(100);
        Assert.Equal(1, rig.Backend.PendingCount);
        Assert.False(rig.Host.TryReap(1, out _), "the disk may still write to the host's memory");
        for (int i = 0; i < 1000 && rig.Backend.PendingCount > 0; i++)
        {
            rig.Backend.Pump(rig.Controller.Engine);
        }

        rig.Host.RunTurns(10);
        Assert.True(rig.Host.TryReap(1, out _));
        Assert.True(rig.Host.TryReap(0, out _));
        Assert.False(rig.Host.AdminQueue.IsOutstanding(abortIdentifier));
        Assert.Null(rig.Host.ProtocolError);
    }

    /// <summary>Looks at each store of this thread to the entries of a completion queue, and lets it through.</summary>
    private sealed unsafe class StoreWatch : IRegisterTrap, IDisposable
    {
        private const int Whole = 0xFFFF; // a bit for each byte of an entry
        private const int Phase = 1 << 14; // bit 0 of byte 14 is the phase tag
        private readonly nuint _first;
        private readonly int[] _stored;

        public StoreWatch(TestHost host, TestCompletionQueue queue)
        {
            _stored = new int[queue.Entries];
            _first = (nuint)host.Memory.Pointer(queue.Address, (ulong)queue.Entries * CompletionQueueEntry.SizeBytes);
            RegisterTrap.Current = this;
        }

        /// <summary>Entries that were shown to the host.</summary>
        public int Shown { get; private set; }

        /// <summary>The first entry that was shown before it was whole.</summary>
        public string? Problem { get; private set; }

        public bool TryRead(nuint address, int widthBytes, out ulong value)
        {
            value = 0;
            return false;
        }

        public bool TryWrite(nuint address, int widthBytes, ulong value)
        {
            nuint offset = address - _first;
            if (address < _first || offset >= (nuint)_stored.Length * CompletionQueueEntry.SizeBytes)
            {
                return false;
            }

            ref int stored = ref _stored[offset / CompletionQueueEntry.SizeBytes];
            int bytes = ((1 << widthBytes) - 1) << (int)(offset % CompletionQueueEntry.SizeBytes);
            stored |= bytes;
            if ((bytes & Phase) != 0)
            {
                Problem ??= stored == Whole ? null : $"entry {offset / CompletionQueueEntry.SizeBytes} is shown when the bytes {stored:x4}h of it are stored";
                stored = 0;
                Shown++;
            }

            return false;
        }

        public void Barrier(BarrierKind kind)
        {
        }

        public void Maintain(nuint address, nuint lengthBytes, bool invalidate)
        {
        }

        public void Dispose() => RegisterTrap.Current = null;
    }
}
