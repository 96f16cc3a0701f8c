using System.Linq;
using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class EdmaTests
{
    private const ulong List = Dram + 0x8000;
    private const ulong Local = Dram + 0x2_0000;
    private const ulong HostAt = 0x1_0000;
    private const uint Data = 1;
    private const uint DataWithInterrupt = 9;
    private const uint LinkToggle = 6;

    [Fact]
    public void The_engine_has_two_channels_each_way() => Assert.Equal(0x0002_0002u, new SocBench().R(Edma + 8));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_block_moves_between_board_and_host(int channel)
    {
        SocBench bench = Up();
        byte[] expected = bench.Fill(Local, 5000, 7);
        bool isRead = channel >= 2;
        if (isRead)
        {
            expected.CopyTo(bench.Host.Memory, (int)HostAt + 3);
            bench.Fill(Local, 5000, 8);
        }

        bench.W(EngineEnable(channel), 1);
        ulong at = Channel(channel);
        ulong source = isRead ? HostAt + 3 : Local;
        ulong destination = isRead ? Local : HostAt + 3;
        bench.W(at + 0x00, 0x8);
        bench.W(at + 0x04, 0);
        bench.W(at + 0x08, 5000);
        bench.W(at + 0x0C, (uint)source);
        bench.W(at + 0x10, (uint)(source >> 32));
        bench.W(at + 0x14, (uint)destination);
        bench.W(at + 0x18, (uint)(destination >> 32));
        bench.W(Doorbell(channel), (uint)channel & 1);
        Assert.Equal(1u, bench.R(at) >> 5 & 3);
        Assert.Equal(1u, bench.WaitForChannel(channel));
        Assert.Equal(3u, bench.R(at) >> 5 & 3);
        Assert.Equal(0u, bench.R(at + 0x08));
        Span<byte> actual = isRead ? bench.Memory.Bytes.Slice((int)(Local - Dram), 5000) : bench.Host.Memory.AsSpan((int)HostAt + 3, 5000);
        Assert.Equal(expected, actual.ToArray());
        bench.W(Clear(channel), 1u << (channel & 1));
        Assert.Equal(0u, bench.R(Status(channel)));
        Assert.Equal(0u, bench.R(Clear(channel)));
        bench.AssertClean();
    }

    [Fact]
    public void A_list_moves_its_elements_in_order_and_stops_at_its_link()
    {
        SocBench bench = Up();
        byte[] expected = bench.Fill(Local, 8192, 1);
        bench.Element(List, Data, 4096, Local, HostAt);
        bench.Element(List + 24, Data, 4096, Local + 4096, HostAt + 4096);
        bench.Element(List + 48, DataWithInterrupt, 4, Local, FakeHost.MsiAddress);
        bench.Element(List + 72, LinkToggle, 0, List, 0);
        bench.StartList(0, List);
        Assert.Equal(1u, bench.WaitForChannel(0));
        Assert.Equal(expected, bench.Host.Memory.AsSpan((int)HostAt, 8192).ToArray());
        Assert.Equal(FakeHost.MsiAddress, bench.Host.Writes[^1].Address);
        Assert.Equal(33, bench.Host.Writes.Count(w => w.Length <= 256));
        Assert.Equal((uint)List + 72, bench.R(Channel(0) + 0x1C));
        Assert.Equal(3u, bench.R(Channel(0)) >> 5 & 3);
        Assert.Equal(0x300u, bench.R(Channel(0)) & 0x300);
        SocCounters counters = bench.Soc.Counters;
        Assert.Equal((1L, 4L, 33L, 8196L), (counters.ListRuns, counters.ElementsFetched, counters.WriteTlps, counters.BytesToHost));
        bench.AssertClean();
    }

    [Fact]
    public void A_link_is_followed_and_toggles_the_cycle_so_that_the_next_chunk_has_the_other_bit()
    {
        SocBench bench = Up();
        bench.Fill(Local, 64, 1);
        bench.Element(List, DataWithInterrupt, 16, Local, HostAt);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.StartList(1, List);
        bench.WaitForChannel(1);
        bench.W(Clear(1), 2);
        bench.Element(List, 8, 16, Local + 16, HostAt + 0x100);
        bench.Element(List + 24, LinkToggle | 1, 0, List, 0);
        bench.W(Doorbell(1), 1);
        Assert.Equal(1u, bench.WaitForChannel(1));
        Assert.Equal(HostAt + 0x100, bench.Host.Writes[^1].Address);
        Assert.Equal((uint)List + 24, bench.R(Channel(1) + 0x1C));
        Assert.Equal(0u, bench.R(Channel(1)) & 0x100);
        bench.AssertClean();
    }

    [Fact]
    public void Lists_of_all_four_channels_run_side_by_side()
    {
        SocBench bench = Up();
        byte[] outgoing = bench.Fill(Local, 0x4000, 3);
        var incoming = new byte[0x4000];
        new Random(4).NextBytes(incoming);
        incoming.CopyTo(bench.Host.Memory, 0x8_0000);
        for (int channel = 0; channel < 4; channel++)
        {
            ulong list = List + ((ulong)channel * 0x100);
            ulong half = (ulong)(channel & 1) * 0x2000;
            ulong source = channel < 2 ? Local : 0x8_0000;
            ulong destination = channel < 2 ? HostAt : Local + 0x8000;
            bench.Element(list, DataWithInterrupt, 0x2000, source + half, destination + half);
            bench.Element(list + 24, LinkToggle, 0, list, 0);
            bench.StartList(channel, list);
        }

        for (int channel = 0; channel < 4; channel++)
        {
            Assert.Equal(1u, bench.WaitForChannel(channel));
        }

        Assert.Equal(outgoing, bench.Host.Memory.AsSpan((int)HostAt, 0x4000).ToArray());
        Assert.Equal(incoming, bench.Memory.Bytes.Slice((int)(Local - Dram) + 0x8000, 0x4000).ToArray());
        Assert.True(Interleaves(bench.Host.Writes));
        bench.AssertClean();
    }

    [Fact]
    public void The_host_decides_how_large_tlps_are()
    {
        SocBench bench = Up();
        bench.Soc.Host.ConfigWrite(0x78, 2, 0x2810);
        bench.Element(List, DataWithInterrupt, 320, Local, HostAt + 0x40);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.StartList(0, List);
        bench.WaitForChannel(0);
        Assert.Equal([64, 128, 128], bench.Host.Writes.Select(w => w.Length));
    }

    [Fact]
    public void Masks_gate_the_interrupt_but_not_the_status()
    {
        SocBench bench = Up();
        bench.W(Edma + 0x54, 0x00FF_00FF);
        bench.Element(List, DataWithInterrupt, 4, Local, HostAt);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.StartList(0, List);
        Assert.Equal(1u, bench.WaitForChannel(0));
        Assert.False(bench.Soc.DmaInterrupt(0));
        bench.W(Edma + 0x54, 0x00FF_00FE);
        Assert.True(bench.Soc.DmaInterrupt(0));
        Assert.False(bench.Soc.DmaInterrupt(2));
    }

    [Fact]
    public void A_list_without_local_interrupt_never_says_done()
    {
        SocBench bench = Up();
        bench.Element(List, Data, 4, Local, HostAt);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.StartList(0, List);
        bench.Wait(() => (bench.R(Channel(0)) >> 5 & 3) == 3);
        Assert.Equal(0u, bench.R(Status(0)));
        Assert.Equal(1, bench.Count(ViolationKind.DoneNeverLatches));
    }

    [Fact]
    public void Done_may_come_before_the_engine_has_stopped()
    {
        SocBench bench = Up();
        bench.Soc.Faults.DoneBeforeStop = true;
        bench.Element(List, DataWithInterrupt, 4, Local, HostAt);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.StartList(0, List);
        while (bench.R(Status(0)) == 0)
        {
            bench.Soc.Advance(1);
        }

        Assert.Equal(1u, bench.R(Channel(0)) >> 5 & 3);
        bench.W(Channel(0), 0x300);
        Assert.Equal(1, bench.Count(ViolationKind.ChannelWrittenWhileRunning));
        bench.Wait(() => (bench.R(Channel(0)) >> 5 & 3) == 3);
    }

    [Fact]
    public void Doorbells_that_cannot_work_are_noticed()
    {
        SocBench bench = Up();
        bench.Element(List, DataWithInterrupt, 64, Local, HostAt);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.W(Doorbell(0), 0);
        Assert.Equal(1, bench.Count(ViolationKind.DoorbellWithoutEngine));
        bench.StartList(0, List);
        bench.W(Doorbell(0), 0);
        Assert.Equal(1, bench.Count(ViolationKind.DoorbellWhileRunning));
        Assert.Equal(1u, bench.WaitForChannel(0));
    }

    [Fact]
    public void A_zero_in_the_status_raises_the_interrupt_and_nothing_else()
    {
        SocBench bench = Up();
        bench.W(Status(2), 0);
        Assert.True(bench.Soc.DmaInterrupt(2));
        Assert.False(bench.Soc.DmaInterrupt(0));
        Assert.Equal(0u, bench.R(Status(2)));
        bench.W(Clear(2), 0);
        Assert.False(bench.Soc.DmaInterrupt(2));
    }

    [Fact]
    public void A_size_of_zero_is_noticed_and_never_ends()
    {
        SocBench bench = Up();
        bench.Element(List, DataWithInterrupt, 0, Local, HostAt);
        bench.StartList(0, List);
        bench.Soc.Advance(100_000);
        Assert.Equal(1, bench.Count(ViolationKind.TransferOfZeroBytes));
        Assert.True(bench.Soc.Counters.BytesToHost > 0x1_0000);
    }

    [Fact]
    public void A_remote_interrupt_is_a_write_to_the_programmed_address()
    {
        SocBench bench = Up();
        bench.W(Edma + 0x60, (uint)FakeHost.MsiAddress);
        bench.W(Edma + 0x70, 0x4567_1234);
        bench.Element(List, DataWithInterrupt | 0x10, 4, Local, HostAt);
        bench.Element(List + 24, LinkToggle, 0, List, 0);
        bench.StartList(1, List);
        bench.WaitForChannel(1);
        Assert.Equal((FakeHost.MsiAddress, 4, 0x4567u), bench.Host.Writes[^1]);
    }

    [Fact]
    public void Polling_slows_the_fetch()
    {
        long quiet = Duration(polls: 0);
        Assert.True(Duration(polls: 40) > quiet + (40 * 100), "polls cost nothing");
    }

    [Fact]
    public void An_address_inside_an_outbound_region_is_translated_unless_the_region_lets_dma_by()
    {
        (uint Control, bool NoBypass, ulong Expected)[] cases =
            [(0x8000_0000u, false, 0x2_0100ul), (0x8800_0000u, false, Window + 0x100), (0x8800_0000u, true, 0x2_0100ul)];
        foreach ((uint control, bool noBypass, ulong expected) in cases)
        {
            SocBench bench = Up();
            bench.Soc.Faults.NoDmaBypass = noBypass;
            bench.Outbound(0, 0, 0x1_0000, 0x2_0000, control);
            bench.Element(List, DataWithInterrupt, 4, Local, Window + 0x100);
            bench.Element(List + 24, LinkToggle, 0, List, 0);
            bench.StartList(0, List);
            bench.WaitForChannel(0);
            Assert.Equal(expected, bench.Host.Writes[^1].Address);
            Assert.Equal(expected == 0x2_0100 ? 1 : 0, bench.Count(ViolationKind.DmaMistranslated));
            Assert.Equal(noBypass ? 0 : control & 0x0800_0000, bench.R(Atu + 4) & 0x0800_0000);
        }
    }

    private static long Duration(int polls)
    {
        SocBench bench = Up();
        for (uint i = 0; i < 40; i++)
        {
            bench.Element(List + (i * 24), i == 39 ? DataWithInterrupt : Data, 4, Local, HostAt);
        }

        bench.Element(List + (40 * 24), LinkToggle, 0, List, 0);
        bench.StartList(0, List);
        long start = bench.Soc.NowNanoseconds;
        bench.Soc.Advance(10_100);
        for (int i = 0; i < polls; i++)
        {
            bench.R(Status(0));
        }

        while (bench.Soc.Counters.ElementsFetched < 41)
        {
            bench.Soc.Advance(50);
        }

        return bench.Soc.NowNanoseconds - start;
    }

    private static bool Interleaves(List<(ulong Address, int Length, uint First)> writes)
    {
        int changes = 0;
        for (int i = 1; i < writes.Count; i++)
        {
            changes += writes[i].Address / 0x2000 != writes[i - 1].Address / 0x2000 ? 1 : 0;
        }

        return changes > 2;
    }
}
