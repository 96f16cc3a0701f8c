using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Namespaces;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Io;

/// <summary>The short way of a command and the long way do the same: where a fault is to be injected all go the long way, so that one can be held against the other.</summary>
public sealed class ShortcutTests
{
    private const int MediaBytes = 1 << 20;
    private const ulong Blocks = MediaBytes / 512;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Both_ways_answer_alike_move_the_same_data_and_count_the_same(int seed)
    {
        using IoHost shortWay = new([new RamBackend(MediaBytes), new NullBackend(MediaBytes)]);
        using IoHost longWay = new([new RamBackend(MediaBytes), new NullBackend(MediaBytes)]);
        Assert.NotNull(longWay.Controller.Injection.Add(number => new InjectionRule(0) { Number = number, NamespaceId = 77 })); // nobody has it
        _ = shortWay.Controller.Engine.TakeStageTimes(); // timed from here on: the short way knows that too
        Random random = new(seed);
        for (int i = 0; i < 2000; i++)
        {
            int dataSeed = random.Next();
            SubmissionQueueEntry command = Next(random, shortWay);
            CompletionQueueEntry a = Run(shortWay, command, dataSeed);
            CompletionQueueEntry b = Run(longWay, command, dataSeed);
            Assert.Equal(b.CompletionStatus.Raw, a.CompletionStatus.Raw);
            Assert.Equal((b.Dword0, b.Dword1, b.SubmissionQueueHeadPointer), (a.Dword0, a.Dword1, a.SubmissionQueueHeadPointer));
            Assert.True(longWay.Bytes(0, 1 << 17).SequenceEqual(shortWay.Bytes(0, 1 << 17)), $"command {i}, seed {seed}: host memory differs");
        }

        Assert.Equal(0UL, longWay.Controller.Engine.ShortcutCount);
        Assert.InRange(shortWay.Controller.Engine.ShortcutCount, 500UL, 1900UL);
        Assert.Equal(2000UL / CommandEngine.CommandsPerTimed, shortWay.Controller.Engine.TakeStageTimes().Commands);
        AssertSameCounters(longWay.Controller, shortWay.Controller);
        Assert.Equal(longWay.Read(0, 128), shortWay.Read(0, 128));
    }

    [Fact]
    public unsafe void A_completion_that_finds_no_memory_waits_until_there_is_some()
    {
        using IoHost io = new([new RamBackend(MediaBytes)]);
        byte[] data = Pattern.Make(4096, 9);
        io.Write(8, data);
        HostMemoryMap map = io.Host.Memory.Map;
        HostMemoryRegion whole = map.RemoveAt(0);
        ulong page = io.Queue.Address - 4096; // the completion queue's own: 128 entries, made before the submission queue
        HostMemoryRegion before = whole with { Last = page - 1 };
        ulong after = page + 4096 - whole.Address;
        Assert.True(map.TryAdd(in before));
        Assert.True(map.TryAdd(whole with { Address = whole.Address + after, Pointer = whole.Pointer + after }));

        SubmissionQueueEntry read = io.Make(NvmOpcode.Read, 8, 8, 8192);
        ushort identifier = io.Queue.Submit(in read);
        for (int i = 0; i < 10; i++)
        {
            _ = io.Reactor.Turn(io.Host.Platform.NowNanoseconds);
        }

        Assert.Equal(1, io.Controller.Engine.CompletingCount);
        Assert.True(map.TryAdd(whole with { Address = page, Last = page + 4095, Pointer = whole.Pointer + (page - whole.Address) }));
        Assert.True(io.Host.WaitFor(io.Queue, identifier).CompletionStatus.Status.IsSuccess);
        Assert.Equal(data, io.Bytes(8192, 4096).ToArray());
        Assert.Equal(2UL, io.Controller.Engine.ShortcutCount);
    }

    [Fact]
    public void Completions_of_one_turn_are_all_shown_at_its_end_in_whatever_place_of_a_cache_line_they_begin()
    {
        using IoHost io = new([new NullBackend(MediaBytes)]);
        for (int count = 1; count <= 11; count++)
        {
            ushort[] identifiers = new ushort[count];
            for (int i = 0; i < count; i++)
            {
                SubmissionQueueEntry entry = io.Make(NvmOpcode.Read, (ulong)i, 1);
                identifiers[i] = io.Queue.Put(in entry);
            }

            io.Queue.RingTail();
            _ = io.Reactor.Turn(io.Host.Platform.NowNanoseconds);
            foreach (ushort identifier in identifiers)
            {
                Assert.True(io.Host.WaitFor(io.Queue, identifier).CompletionStatus.Status.IsSuccess);
            }
        }
    }

    /// <summary>Mostly what takes the short way; the rest is wrong in one field, or has data in two pieces.</summary>
    private static SubmissionQueueEntry Next(Random random, IoHost io)
    {
        NvmOpcode opcode = random.Next(2) == 0 ? NvmOpcode.Read : NvmOpcode.Write;
        int blocks = random.Next(1, 17);
        ulong startingLba = (ulong)random.NextInt64((long)Blocks - blocks + 1);
        SubmissionQueueEntry entry = TestHost.Blocks(opcode, startingLba, blocks, random.Next(8) == 0 ? 2u : 1u);
        entry.Prp1 = io.Data + ((ulong)random.Next(8) * 8192);
        entry.Prp2 = entry.Prp1 + 4096 + (random.Next(6) == 0 ? 4096u : 0);
        bool isSgl = random.Next(2) == 0;
        if (isSgl)
        {
            entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
            entry.Sgl1 = new SglDescriptor { Address = entry.Prp1, LengthBytes = (uint)(blocks * 512) };
        }

        switch (random.Next(24))
        {
            case 0:
                entry.StartingLba = Blocks - (ulong)blocks + 1;
                break;
            case 1:
                entry.StartingLba = ulong.MaxValue - (ulong)random.Next(20);
                break;
            case 2:
                entry.NamespaceIdentifier = random.Next(2) == 0 ? 0 : 3u;
                break;
            case 3:
                entry.Cdw0 = entry.Cdw0 with { FusedOperation = (FusedOperation)random.Next(1, 4) };
                break;
            case 4:
                entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.Reserved };
                break;
            case 5:
                entry.Cdw12 = (entry.Cdw12 & 0xFFFF0000) | 255; // beyond the largest transfer
                break;
            case 6:
                entry.Cdw12 |= 0x0001_0000; // CETYPE 1
                break;
            case 7:
                entry.Prp1 += isSgl ? 0 : 2u;
                break;
            case 8 when isSgl:
                entry.Sgl1.LengthBytes -= 1;
                break;
            case 9 when isSgl:
                entry.Sgl1.LengthBytes = uint.MaxValue;
                break;
            case 10:
                entry.Prp1 = 0xDEAD_0000_0000; // no memory there
                break;
            case 11:
                entry.Cdw12 |= 1u << 30; // FUA
                break;
            case 12 when isSgl:
                entry.Sgl1.Address = ulong.MaxValue - 100;
                break;
            default:
                break;
        }

        return entry;
    }

    private static CompletionQueueEntry Run(IoHost io, in SubmissionQueueEntry entry, int dataSeed)
    {
        new Random(dataSeed).NextBytes(io.Bytes(0, 1 << 17));
        CompletionQueueEntry completion = io.Host.Execute(io.Queue, in entry);
        Assert.Null(io.Host.ProtocolError);
        return completion;
    }

    private static void AssertSameCounters(NvmeController expected, NvmeController actual)
    {
        MediaCounters a = expected.Engine.Media;
        MediaCounters b = actual.Engine.Media;
        Assert.Equal((a.BytesRead, a.BytesWritten, a.HostReadCommands, a.HostWriteCommands), (b.BytesRead, b.BytesWritten, b.HostReadCommands, b.HostWriteCommands));
        Assert.Equal(expected.Engine.CompletedCount, actual.Engine.CompletedCount);
        Assert.Equal(expected.Engine.FailedCount, actual.Engine.FailedCount);
        foreach (CommandClass commandClass in (CommandClass[])[CommandClass.Read, CommandClass.Write, CommandClass.Other])
        {
            ClassNumbers x = expected.QueueStatistics.Read(1, commandClass);
            ClassNumbers y = actual.QueueStatistics.Read(1, commandClass);
            Assert.Equal((x.Commands, x.Errors, x.Bytes), (y.Commands, y.Errors, y.Bytes));
        }
    }
}
