using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class ConfigurationTests
{
    [Fact]
    public void Power_on_capabilities_are_where_the_reference_lists_them()
    {
        var bench = new SocBench();
        Assert.Equal(0x3588_1D87u, bench.R(Dbi));
        var found = new List<uint>();
        for (uint at = bench.R(Dbi + 0x34) & 0xFF; at != 0; at = bench.R(Dbi + at) >> 8 & 0xFF)
        {
            found.Add((at << 16) | (bench.R(Dbi + at) & 0xFF));
        }

        Assert.Equal([0x40_0001u, 0x50_0005u, 0x70_0010u, 0xB0_0011u], found);
        found.Clear();
        for (uint at = 0x100; at != 0; at = bench.R(Dbi + at) >> 20)
        {
            found.Add((at << 16) | (bench.R(Dbi + at) & 0xFFFF));
        }

        Assert.Equal(
            [0x100_0001u, 0x148_0019u, 0x168_000Fu, 0x178_0013u, 0x188_0018u, 0x190_001Eu, 0x1A0_0016u, 0x1D0_000Bu, 0x2D0_000Bu, 0x2E8_0015u],
            found);
        Assert.Equal(0x1004_0002u, bench.R(Dbi + 0x1D4));
        Assert.Equal(0x0180_0006u, bench.R(Dbi + 0x2D4));
        Assert.Equal(0x43u, bench.R(Dbi + 0x7C) & 0x3FF);
        Assert.Equal(1u, bench.R(Dbi + 0x74) & 7);
        Assert.Equal(0u, bench.R(Dbi + 0x74) >> 28 & 1);
        Assert.Equal(127u, bench.R(Dbi + 0xB0) >> 16 & 0x7FF);
        Assert.Equal(0x0002_0004u, bench.R(Dbi + 0xB4));
        Assert.Equal(0x0002_8004u, bench.R(Dbi + 0xB8));
        Assert.Equal(0x018Au, bench.R(Dbi + 0x50) >> 16);
        Assert.Equal(0xD2D2u, bench.R(Dbi + 0x70C) >> 8 & 0xFFFF);
        Assert.Equal(0xFFFF_FFFFu, bench.R(Dbi + 0x900));
        Assert.Equal(0xFFFF_FFFFu, bench.R(Dbi + 0x978));
    }

    [Theory]
    [InlineData(0x00, 0x1234_5678u)]
    [InlineData(0x08, 0x0108_0201u)]
    [InlineData(0x2C, 0x0001_1D87u)]
    [InlineData(0xB4, 0x0000_2000u)]
    [InlineData(0x148, 0x1881_0019u)]
    [InlineData(0x74, 0x0000_8022u)]
    public void Read_only_fields_change_only_with_write_protection_off(uint offset, uint value)
    {
        var bench = new SocBench();
        uint before = bench.R(Dbi + offset);
        bench.W(Dbi + offset, value);
        Assert.Equal(before, bench.R(Dbi + offset));
        bench.W(Dbi + 0x8BC, 1);
        bench.W(Dbi + offset, value);
        Assert.Equal(value, bench.R(Dbi + offset));
        bench.W(Dbi + 0x8BC, 0);
        bench.W(Dbi + offset, before);
        Assert.Equal(value, bench.R(Dbi + offset));
    }

    [Fact]
    public void Bytes_and_halfwords_reach_the_configuration_space_but_nothing_wider_or_askew_does()
    {
        var bench = new SocBench();
        bench.W(Dbi + 0x8BC, 1);
        Assert.True(bench.Soc.CpuWrite(Dbi + 0x09, 1, 0x02));
        Assert.True(bench.Soc.CpuWrite(Dbi + 0x0A, 2, 0x0108));
        Assert.Equal(0x0108_0201u, bench.R(Dbi + 0x08));
        Assert.True(bench.Soc.CpuRead(Dbi + 0x0E, 1, out ulong value));
        Assert.Equal(0ul, value);
        Assert.False(bench.Soc.CpuRead(Dbi, 8, out _));
        Assert.False(bench.Soc.CpuRead(Edma + 8, 2, out _));
        Assert.False(bench.Soc.CpuWrite(Apb, 2, 0));
        Assert.Equal(3, bench.Count(ViolationKind.WideAccess));
        Assert.False(bench.Soc.CpuRead(Dbi + 2, 4, out _));
        Assert.Equal(1, bench.Count(ViolationKind.UnalignedAccess));
        Assert.False(bench.Soc.CpuRead(0x100, 4, out _));
        Assert.Equal(1, bench.Count(ViolationKind.UnmappedAddress));
    }

    [Fact]
    public void The_alias_shows_the_same_registers()
    {
        var bench = new SocBench();
        Assert.Equal(0x3588_1D87u, bench.R(0xF500_0000));
        Assert.Equal(0x0002_0002u, bench.R(0xF500_0000 + 0x38_0008));
    }

    [Fact]
    public void The_host_sizes_a_64_bit_bar_of_one_mebibyte()
    {
        SocBench bench = Up();
        bench.Soc.Host.ConfigWrite(0x10, 4, 0xFFFF_FFFF);
        bench.Soc.Host.ConfigWrite(0x14, 4, 0xFFFF_FFFF);
        bench.Soc.Host.ConfigRead(0x10, 4, out uint low);
        bench.Soc.Host.ConfigRead(0x14, 4, out uint high);
        Assert.Equal(0xFFF0_000Cu, low);
        Assert.Equal(0xFFFF_FFFFu, high);
        foreach (int offset in new[] { 0x18, 0x1C, 0x20, 0x24, 0x30 })
        {
            bench.Soc.Host.ConfigWrite(offset, 4, 0xFFFF_FFFF);
            bench.Soc.Host.ConfigRead(offset, 4, out uint other);
            Assert.Equal(0u, other);
        }

        bench.AssertClean();
    }

    [Fact]
    public void Power_on_bars_are_six_of_one_mebibyte_and_a_rom_of_64_kibibytes()
    {
        var bench = new SocBench();
        for (int bar = 0; bar < 6; bar++)
        {
            Assert.Equal(0x10_0000ul, bench.Soc.Host.BarBytes(bar));
        }

        Assert.Equal(0x1_0000ul, bench.Soc.Host.BarBytes(6));
        bench.W(Dbi2 + 0x20, 0xFFFF_FFFF);
        Assert.Equal(0x10_0000ul, bench.Soc.Host.BarBytes(4));
        bench.W(Dbi2 + 0x30, 0);
        Assert.Equal(0ul, bench.Soc.Host.BarBytes(6));
    }

    [Theory]
    [InlineData(false, 4u, 0x40_0000ul)]
    [InlineData(true, 4u, 0x10_0000ul)]
    public void A_resizable_bars_capability_selects_its_smallest_size(bool fault, uint mebibytes, ulong size)
    {
        var bench = new SocBench();
        bench.Soc.Faults.RebarCapDoesNotSelect = fault;
        Assert.Equal(0xC0u, bench.R(Dbi + 0x2F0) & 0xE7);
        bench.W(Dbi + 0x8BC, 1);
        bench.W(Dbi + 0x2EC, mebibytes << 4);
        Assert.Equal(size, bench.Soc.Host.BarBytes(0));
        bench.W(Dbi + 0x2F0, 0x2C0);
        Assert.Equal(0x40_0000ul, bench.Soc.Host.BarBytes(0));
        bench.W(Dbi2 + 0x10, 0x7F_FFFF);
        Assert.Equal(1, bench.Count(ViolationKind.MaskOfResizableBar));
        Assert.Equal(0x40_0000ul, bench.Soc.Host.BarBytes(0));
    }

    [Fact]
    public void The_host_owns_its_fields_only()
    {
        SocBench bench = Up();
        HostPort host = bench.Soc.Host;
        host.ConfigWrite(0x08, 4, 0);
        host.ConfigWrite(0x00, 4, 0);
        host.ConfigWrite(0x8BC, 4, 1);
        host.ConfigRead(0x08, 4, out uint classCode);
        Assert.Equal(0x0108_0201u, classCode);
        host.ConfigRead(0x00, 2, out uint vendor);
        Assert.Equal(0x1D87u, vendor);
        host.ConfigWrite(0x52, 2, 0xFFFF);
        host.ConfigRead(0x52, 2, out uint msi);
        Assert.Equal(0x01FBu, msi);
        host.ConfigWrite(0xB2, 2, 0xFFFF);
        Assert.Equal(0xC07Fu, bench.R(Dbi + 0xB0) >> 16);
        host.ConfigWrite(0x54, 4, 0xFEE0_0003);
        Assert.Equal(0xFEE0_0000u, bench.R(Dbi + 0x54));
        Assert.Equal(6u, bench.R(Dbi + 0x04) & 6);
    }

    [Fact]
    public void Training_with_ats_visible_or_a_bar_without_region_is_noticed()
    {
        var bench = new SocBench();
        bench.W(Apb, 0x0004_0004);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        Assert.Equal(1, bench.Count(ViolationKind.AtsVisible));
        Assert.Equal(1, bench.Count(ViolationKind.FastTrainingSequencesNotSet));
        Assert.Equal(5, bench.Count(ViolationKind.BarWithoutRegion));
    }

    [Fact]
    public void Unconfigured_link_and_disabled_memory_answer_unsupported_request()
    {
        var bench = new SocBench();
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.ConfigRead(0, 4, out uint value));
        Assert.Equal(0xFFFF_FFFFu, value);
        bench = Up();
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.BarWrite(0, 0, new byte[4]));
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.BarWrite(0, 0x10_0000, new byte[4]));
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.BarRead(2, 0, new byte[4]));
        bench.Soc.Host.ConfigWrite(0x04, 2, 0x4);
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.BarRead(0, 0, new byte[4]));
    }
}
