using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class IatuTests
{
    [Fact]
    public void There_are_16_regions_each_way_of_64_kibibytes_granularity_and_8_gibibytes()
    {
        var bench = new SocBench();
        for (uint direction = 0; direction <= 0x100; direction += 0x100)
        {
            uint regions = 0;
            for (; regions < 256; regions++)
            {
                ulong at = Atu + (regions * 0x200) + direction + 0x14;
                bench.W(at, 0x1111_0000);
                if (bench.R(at) != 0x1111_0000)
                {
                    break;
                }
            }

            Assert.Equal(16u, regions);
        }

        bench.W(Atu + 0x10, 0);
        Assert.Equal(0xFFFFu, bench.R(Atu + 0x10));
        bench.W(Atu + 0x20, 0xFFFF_FFFF);
        Assert.Equal(1u, bench.R(Atu + 0x20));
        bench.W(Atu + 0x08, 0x1234_5678);
        Assert.Equal(0x1234_0000u, bench.R(Atu + 0x08));
    }

    [Fact]
    public void Bar_match_leads_host_accesses_to_the_target()
    {
        SocBench bench = Up();
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.MemoryWrite(HostBar0 + 0x1004, [1, 2, 3, 4]));
        Assert.Equal([1, 2, 3, 4], bench.Memory.Bytes.Slice((int)(BarMemory - Dram) + 0x1004, 4).ToArray());
        var data = new byte[4];
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.BarRead(0, 0x1004, data));
        Assert.Equal([1, 2, 3, 4], data);
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.MemoryWrite(HostBar0 + 0x10_0000, data));
        bench.AssertClean();
    }

    [Fact]
    public void Address_match_follows_base_and_limit_and_has_to_be_redone_when_the_bar_moves()
    {
        SocBench bench = Up();
        bench.W(Atu + 0x104, 0);
        bench.W(Atu + 0x108, (uint)HostBar0);
        bench.W(Atu + 0x10C, (uint)(HostBar0 >> 32));
        bench.W(Atu + 0x110, (uint)HostBar0 + 0x1_FFFF);
        bench.W(Atu + 0x120, (uint)(HostBar0 >> 32));
        bench.W(Atu + 0x104, 0x8000_0000);
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.BarWrite(0, 0x1_0000, [5, 6, 7, 8]));
        Assert.Equal(5, bench.Memory.Bytes[(int)(BarMemory - Dram) + 0x1_0000]);
        bench.AssertClean();
        Assert.Equal(TlpStatus.CompleterAbort, bench.Soc.Host.BarWrite(0, 0x2_0000, [5, 6, 7, 8]));
        Assert.Equal(1, bench.Count(ViolationKind.InboundPassThrough));
    }

    [Fact]
    public void An_unmatched_host_write_goes_to_its_raw_address()
    {
        SocBench bench = Up();
        bench.W(Atu + 0x104, 0);
        bench.Soc.Host.ConfigWrite(0x10, 4, (uint)Dram);
        bench.Soc.Host.ConfigWrite(0x14, 4, 0);
        bench.Soc.Host.BarWrite(0, 0x10, [9, 9, 9, 9]);
        Assert.Equal(9, bench.Memory.Bytes[0x10]);
        Assert.Equal(1, bench.Count(ViolationKind.InboundPassThrough));
    }

    [Fact]
    public void A_target_below_the_bars_size_loses_its_low_bits()
    {
        var bench = new SocBench();
        bench.Configure();
        bench.Inbound(0, BarMemory + 0x1_0000);
        bench.EnableLtssm();
        bench.HostEnables();
        Assert.Equal(1, bench.Count(ViolationKind.TargetNotAligned));
        bench.Soc.Host.BarWrite(0, 0, [1, 1, 1, 1]);
        Assert.Equal(1, bench.Memory.Bytes[(int)(BarMemory - Dram)]);
    }

    [Fact]
    public void A_region_can_answer_with_an_error()
    {
        SocBench bench = Up();
        bench.W(Atu + 0x104, 0xC108_0000);
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.BarRead(0, 0, new byte[4]));
        bench.W(Atu + 0x104, 0xC208_0000);
        Assert.Equal(TlpStatus.CompleterAbort, bench.Soc.Host.BarRead(0, 0, new byte[4]));
    }

    [Fact]
    public void A_window_store_is_translated_and_a_read_comes_back()
    {
        SocBench bench = Up();
        bench.Outbound(3, 0x30_0000, 0x1_0000, 0x2_0000);
        bench.W(Window + 0x30_0010, 0xCAFE_F00D);
        Assert.Equal((0x2_0010ul, 4, 0xCAFE_F00Du), bench.Host.Writes[^1]);
        Assert.Equal(0xCAFE_F00Du, bench.R(Window + 0x30_0010));
        Assert.True(bench.Soc.CpuWrite(Window + 0x30_0018, 8, 0x1122_3344_5566_7788));
        Assert.True(bench.Soc.CpuRead(Window + 0x30_0018, 8, out ulong wide));
        Assert.Equal(0x1122_3344_5566_7788ul, wide);
        Assert.Equal((2, 2), (bench.Soc.Counters.WindowWrites, bench.Soc.Counters.WindowReads));
        bench.AssertClean();
    }

    [Fact]
    public void A_store_where_no_region_is_enabled_is_a_bus_fault()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        Assert.False(bench.Soc.CpuWrite(Window + 0x1_0000, 4, 1));
        bench.W(Atu + 0x04, 0);
        Assert.False(bench.Soc.CpuRead(Window, 4, out _));
        Assert.Equal(2, bench.Count(ViolationKind.WindowWithoutRegion));
        Assert.Empty(bench.Host.Writes);
    }

    [Fact]
    public void A_region_used_before_its_enable_was_read_back_is_noticed()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000, control2: 0);
        bench.W(Atu + 0x04, 0x8800_0000);
        bench.W(Window, 1);
        Assert.Equal(1, bench.Count(ViolationKind.RegionNotPolled));
        Assert.Equal(0x8800_0000u, bench.R(Atu + 0x04));
        bench.W(Window, 1);
        Assert.Equal(1, bench.Count(ViolationKind.RegionNotPolled));
    }

    [Fact]
    public void A_slow_enable_reads_zero_and_matches_nothing_until_it_is_there()
    {
        SocBench bench = Up();
        bench.Soc.Faults.IatuEnableDelayNanoseconds = 9_000_000;
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000, control2: 0);
        bench.W(Atu + 0x04, 0x8800_0000);
        Assert.Equal(0x0800_0000u, bench.R(Atu + 0x04));
        Assert.False(bench.Soc.CpuWrite(Window, 4, 1));
        bench.Soc.Advance(9_000_000);
        Assert.Equal(0x8800_0000u, bench.R(Atu + 0x04));
        bench.W(Window, 1);
    }

    [Fact]
    public void A_region_rewritten_before_its_stores_were_flushed_is_noticed()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.W(Window, 1);
        bench.R(Window);
        bench.W(Atu + 0x14, 0x3_0000);
        bench.AssertClean();
        bench.W(Window, 1);
        bench.W(Atu + 0x14, 0x4_0000);
        Assert.Equal(1, bench.Count(ViolationKind.RegionRewrittenInFlight));
    }

    [Fact]
    public void A_store_that_waits_goes_to_the_wrong_place_when_its_region_is_rewritten()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.Soc.Faults.PostedDelayNanoseconds = 100_000;
        bench.Soc.Faults.LateTranslation = true;
        bench.W(Window + 8, 0x1234_5678);
        bench.W(Atu + 0x14, 0x3_0000);
        bench.Soc.Advance(200_000);
        Assert.Equal((0x3_0008ul, 4, 0x1234_5678u), bench.Host.Writes[^1]);
    }

    [Theory]
    [InlineData(0xFFFF_FFFFu, false, true)]
    [InlineData(9u, true, true)]
    [InlineData(8u, true, false)]
    public void The_upper_limit_counts_only_with_increase_region_size(uint upperLimit, bool increase, bool isClaimed)
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x4000_0000, 0, control2: 0);
        bench.W(Atu + 0x20, upperLimit);
        bench.W(Atu + 0x00, increase ? 0x2000u : 0);
        bench.W(Atu + 0x04, 0x8800_0000);
        Assert.NotEqual(0u, bench.R(Atu + 0x04));
        Assert.Equal(isClaimed, bench.Soc.CpuWrite(Window + 0x3FFF_0000, 4, 1));
        Assert.Equal(isClaimed ? 1 : 0, bench.Host.Writes.Count);
    }

    [Fact]
    public void A_region_of_another_type_than_memory_claims_no_store()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.W(Atu + 0x00, 4);
        Assert.False(bench.Soc.CpuWrite(Window, 4, 1));
    }

    [Fact]
    public void Bar_4_lets_the_host_reach_iatu_and_edma_until_it_is_off()
    {
        var bench = new SocBench();
        bench.Configure();
        bench.W(Dbi2 + 0x20, 1);
        bench.EnableLtssm();
        bench.HostEnables();
        var data = new byte[4];
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.BarRead(4, 0x008, data));
        Assert.Equal(0x0002_0002u, BitConverter.ToUInt32(data));
        bench.AssertClean();
        bench.Soc.Host.BarWrite(4, 0x2114, BitConverter.GetBytes(0x5555_0000u));
        Assert.Equal(0x5555_0000u, bench.R(Atu + 0x114));
        bench.Soc.Host.BarWrite(4, 0x00C, BitConverter.GetBytes(1u));
        Assert.Equal(1u, bench.R(Edma + 0x0C));
        Assert.Equal(2, bench.Count(ViolationKind.HostReachedPortLogic));
        bench.W(Dbi2 + 0x20, 0);
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.BarWrite(4, 0x2114, new byte[4]));
    }
}
