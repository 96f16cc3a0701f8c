using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Namespaces;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Io;

/// <summary>Writes that one visit of a queue does together, as it does where several reactors share a memory.</summary>
public sealed class WriteBatchTests
{
    private const int MediaBytes = 1 << 20;
    private const int Blocks = MediaBytes / 512;
    private const int GranuleBlocks = 256;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Commands_of_one_visit_leave_what_they_leave_one_by_one(int seed)
    {
        using IoHost together = new([Shared(), Shared()]);
        using IoHost alone = new([new RamBackend(MediaBytes), new RamBackend(MediaBytes)]);
        Assert.NotNull(alone.Controller.Injection.Add(number => new InjectionRule(0) { Number = number, NamespaceId = 77 })); // nobody has it
        Random random = new(seed);
        for (int visit = 0; visit < 300; visit++)
        {
            random.NextBytes(together.Bytes(0, 1 << 19));
            together.Bytes(0, 1 << 19).CopyTo(alone.Bytes(0, 1 << 19));
            SubmissionQueueEntry[] commands = [.. Enumerable.Range(0, random.Next(1, 60)).Select(i => Next(random, together, i))];
            Assert.Equal(RunAtOnce(alone, commands), RunAtOnce(together, commands));
            Assert.True(alone.Bytes(0, 1 << 19).SequenceEqual(together.Bytes(0, 1 << 19)), $"visit {visit}, seed {seed}: host memory differs");
        }

        Assert.Equal(0UL, alone.Controller.Engine.ShortcutCount);
        Assert.InRange(together.Controller.Engine.ShortcutCount, 3000UL, ulong.MaxValue);
        Assert.Equal(alone.Controller.Engine.CompletedCount, together.Controller.Engine.CompletedCount);
        Assert.Equal(alone.Controller.Engine.Media.BytesWritten, together.Controller.Engine.Media.BytesWritten);
        Assert.Equal(0, together.Controller.Engine.InFlight);
        for (int first = 0; first < Blocks; first += 128)
        {
            Assert.Equal(alone.Read((ulong)first, 128), together.Read((ulong)first, 128));
        }
    }

    [Fact]
    public unsafe void A_write_whose_blocks_another_reactor_holds_waits_for_it_and_for_nothing_else()
    {
        RamBackend ram = Shared();
        using IoHost io = new([ram]);
        BackendOperation other = default;
        other.Begin(BackendOperationKind.Write, BackendFlags.None, GranuleBlocks * 512, 512);
        byte* bytes = stackalloc byte[512];
        HostSegment segment = new() { Local = bytes, LengthBytes = 512 };
        other.Segments = &segment;
        other.SegmentCount = 1;
        Assert.True(ram.TryBeginWrite(ref other, null));

        byte[] data = Pattern.Make(3 * 4096, 5);
        data.CopyTo(io.Bytes(0, data.Length));
        ushort[] identifiers = [.. new ulong[] { 0, GranuleBlocks + 8, 2 * GranuleBlocks }
            .Select((startingLba, i) => io.Queue.Put(io.Make(NvmOpcode.Write, startingLba, 8, i * 4096)))];
        io.Queue.RingTail();
        for (int i = 0; i < 10; i++)
        {
            _ = io.Reactor.Turn(io.Host.Platform.NowNanoseconds);
        }

        Assert.Equal(1, io.Controller.Engine.InFlight);
        ram.EndWrites(&other);
        Assert.All(identifiers, identifier => Assert.True(io.Host.WaitFor(io.Queue, identifier).CompletionStatus.Status.IsSuccess));
        Assert.Equal(data[..4096], io.Read(0, 8));
        Assert.Equal(data[4096..8192], io.Read(GranuleBlocks + 8, 8));
        Assert.Equal(data[8192..], io.Read(2 * GranuleBlocks, 8));
    }

    [Fact]
    public unsafe void Blocks_are_held_once_for_neighbours_of_a_batch_and_are_free_after_it()
    {
        using RamBackend ram = Shared();
        ram.Open();
        BackendOperation* operations = stackalloc BackendOperation[4];
        new Span<BackendOperation>(operations, 4).Clear();
        operations[0].Begin(BackendOperationKind.Write, BackendFlags.None, 0, 512);
        operations[1].Begin(BackendOperationKind.Write, BackendFlags.None, 512, 512);
        operations[2].Begin(BackendOperationKind.Write, BackendFlags.None, (GranuleBlocks - 1) * 512, 1024);
        operations[3].Begin(BackendOperationKind.Write, BackendFlags.None, 1024, 512);
        Assert.True(ram.TryBeginWrite(ref operations[0], null));
        Assert.True(ram.TryBeginWrite(ref operations[1], operations));
        Assert.True(operations[1].IsHeldByOneBefore);
        Assert.False(ram.TryBeginWrite(ref operations[2], operations + 1), "it reaches into the next granule");
        Assert.False(ram.TryBeginWrite(ref operations[3], null), "another batch holds it");

        operations[0].NextOfBatch = operations + 1;
        HostSegment* segments = stackalloc HostSegment[2];
        byte* bytes = stackalloc byte[1024];
        new Span<byte>(bytes, 1024).Fill(7);
        for (int i = 0; i < 2; i++)
        {
            segments[i] = new HostSegment { Local = bytes + (i * 512), LengthBytes = 512 };
            operations[i].Segments = segments + i;
            operations[i].SegmentCount = 1;
        }

        ram.EndWrites(operations);
        Assert.Equal(512UL, operations[1].DoneBytes);
        Assert.Equal(7, ram.Memory[1023]);
        Assert.True(ram.TryBeginWrite(ref operations[2], null));
    }

    [Fact]
    public void Two_reactors_that_write_and_read_the_same_blocks_never_see_half_of_a_write()
    {
        using RamBackend ram = Shared();
        using Barrier start = new(2);
        SharedMemoryUser[] users = [new(ram, start, 1), new(ram, start, 2)];
        Thread[] threads = [.. users.Select(user => new Thread(user.Run))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(users, user => Assert.Equal(0, user.Torn));
        Assert.NotEqual(0, users.Sum(user => user.SeenOfTheOther)); // they did meet
    }

    /// <summary>A memory as one of two reactors sees it.</summary>
    private static RamBackend Shared()
    {
        RamBackend ram = new(MediaBytes);
        ram.Open();
        ram.Start([null!, null!]); // it needs no ring
        Assert.True(ram.BatchesWrites);
        return ram;
    }

    private static SubmissionQueueEntry Next(Random random, IoHost io, int index)
    {
        NvmOpcode opcode = random.Next(10) switch
        {
            < 6 => NvmOpcode.Write,
            < 8 => NvmOpcode.Read,
            8 => NvmOpcode.WriteZeroes,
            _ => NvmOpcode.Flush,
        };
        int blocks = random.Next(1, 17);
        int startingLba = random.Next(2) == 0 ? random.Next(Blocks - blocks + 1) : random.Next(GranuleBlocks); // often in one granule
        SubmissionQueueEntry entry = io.Make(opcode, (ulong)startingLba, blocks, index * 8192, random.Next(8) == 0 ? 2u : 1u);
        if (random.Next(20) == 0)
        {
            entry.StartingLba = Blocks;
        }

        return entry;
    }

    /// <summary>Rings the doorbell once for all.</summary>
    /// <returns>Their statuses in the order of the commands.</returns>
    private static ushort[] RunAtOnce(IoHost io, SubmissionQueueEntry[] commands)
    {
        ushort[] identifiers = [.. commands.Select(command => io.Queue.Put(in command))];
        io.Queue.RingTail();
        ushort[] statuses = [.. identifiers.Select(identifier => io.Host.WaitFor(io.Queue, identifier).CompletionStatus.Status.Raw)];
        Assert.Null(io.Host.ProtocolError);
        return statuses;
    }
}
