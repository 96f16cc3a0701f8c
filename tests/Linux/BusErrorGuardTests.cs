using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>A mapped file that is cut off under our hands. Without the guard the first of these tests ends the test run with SIGBUS.</summary>
public sealed unsafe class BusErrorGuardTests
{
    private const int Page = 4096;

    [Fact]
    public void A_page_that_was_cut_off_reads_as_zeroes_and_takes_writes()
    {
        int file = MemoryMappings.CreateMemoryFile("cut", MemoryFileFlags.None);
        Assert.True(file >= 0);
        Assert.Equal(0, Files.Truncate(file, 4 * Page));
        Assert.Equal(0, MemoryMappings.MapFile(file, 0, 4 * Page, MemoryProtection.ReadWrite, MapFlags.Shared, out void* address));
        byte* bytes = (byte*)address;
        new Span<byte>(bytes, 4 * Page).Fill(0xA5);
        Assert.Equal(0, BusErrorGuard.Add(address, 4 * Page));
        ulong before = BusErrorGuard.RepairCount;
        Assert.Equal(0, Files.Truncate(file, Page));

        Assert.Equal(0xA5, bytes[Page - 1]);
        Assert.Equal(0, Volatile.Read(ref bytes[2 * Page]));
        bytes[3 * Page] = 7;
        Assert.Equal(7, Volatile.Read(ref bytes[3 * Page]));
        Assert.Equal(before + 2, BusErrorGuard.RepairCount);

        BusErrorGuard.Remove(address);
        Assert.Equal(0, MemoryMappings.Unmap(address, 4 * Page));
        _ = Files.Close(file);
    }

    [Fact]
    public void Ranges_come_and_go_and_the_table_is_bounded()
    {
        byte* never = (byte*)0x10000; // never touched, only entered
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(0, BusErrorGuard.Add(never + (i * Page), Page));
        }

        for (int i = 0; i < 100; i++)
        {
            BusErrorGuard.Remove(never + (i * Page));
        }

        BusErrorGuard.Remove(never);
        int added = 0;
        while (added <= BusErrorGuard.RangesMax && BusErrorGuard.Add(never + (added * Page), Page) == 0)
        {
            added++;
        }

        Assert.InRange(added, BusErrorGuard.RangesMax - 64, BusErrorGuard.RangesMax);
        for (int i = 0; i < added; i++)
        {
            BusErrorGuard.Remove(never + (i * Page));
        }
    }
}
