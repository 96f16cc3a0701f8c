using Nvmepf.Firmware.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.Diagnostics;

public sealed class TraceRingTests
{
    [Fact]
    public void Nothing_is_on_at_first_and_each_kind_has_its_own_switch()
    {
        using TraceRing ring = new();
        foreach (TraceKind kind in Enum.GetValues<TraceKind>())
        {
            Assert.False(ring.IsOn(kind));
            ring.Mask = 1ul << (int)kind;
            Assert.True(ring.IsOn(kind));
            ring.Mask = ~(1ul << (int)kind);
            Assert.False(ring.IsOn(kind));
            ring.Mask = 0;
        }
    }

    [Fact]
    public void An_entry_comes_back_as_it_was_recorded_and_is_counted()
    {
        using TraceRing ring = new();
        ring.Record(123, TraceKind.Completed, 0xFFFF, 0xABCD, ulong.MaxValue);
        Assert.Equal(1ul, ring.Written);
        Assert.Equal(1ul, ring.Count(TraceKind.Completed));
        Assert.Equal(0ul, ring.Count(TraceKind.Fetched));
        Assert.True(ring.TryRead(1, out TraceEntry entry));
        Assert.Equal(
            new TraceEntry { Number = 1, TimeNanoseconds = 123, Kind = TraceKind.Completed, QueueId = 0xFFFF, CommandId = 0xABCD, Argument = ulong.MaxValue },
            entry);
        Assert.False(ring.TryRead(0, out _));
        Assert.False(ring.TryRead(2, out _));
    }

    [Fact]
    public void The_oldest_entries_are_overwritten_and_counts_go_on()
    {
        using TraceRing ring = new();
        const ulong Total = (TraceRing.CapacityEntries * 2) + 5;
        for (ulong i = 1; i <= Total; i++)
        {
            ring.Record((long)i, TraceKind.Fetched, 1, (ushort)i, i * 3);
        }

        Assert.Equal(Total, ring.Count(TraceKind.Fetched));
        Assert.False(ring.TryRead(Total - TraceRing.CapacityEntries, out _));
        Assert.True(ring.TryRead(Total - TraceRing.CapacityEntries + 1, out TraceEntry oldest));
        Assert.Equal(oldest.Number * 3, oldest.Argument);
    }

    [Fact]
    public void A_reader_beside_the_writer_sees_whole_entries_only_and_the_writer_allocates_nothing()
    {
        using TraceRing ring = new();
        const ulong SeenAtLeast = 10_000;
        const ulong Most = 1_000_000_000; // some seconds, where the reader hardly gets to run
        long allocated = -1;
        ulong seen = 0;
        Thread writer = new(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (ulong i = 1; i <= Most && Volatile.Read(ref seen) < SeenAtLeast; i++)
            {
                ring.Record((long)(i * 5), TraceKind.Executing, (ushort)i, (ushort)(i >> 3), i * 7);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        writer.Start();
        do
        {
            ulong newest = ring.Written;
            for (ulong number = newest > 50 ? newest - 50 : 1; number <= newest + 1; number++)
            {
                if (ring.TryRead(number, out TraceEntry entry))
                {
                    Volatile.Write(ref seen, seen + 1);
                    Assert.Equal((number * 7, (long)(number * 5), (ushort)number, (ushort)(number >> 3)), (entry.Argument, entry.TimeNanoseconds, entry.QueueId, entry.CommandId));
                }
            }
        }
        while (!writer.Join(0));
        Assert.True(seen >= SeenAtLeast, $"{seen} entries were read");
        Assert.Equal(0, allocated);
    }
}
