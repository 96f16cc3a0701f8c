using System.Buffers.Binary;
using Nvmepf.SocModel;
using Nvmepf.SocModel.Server;
using Xunit;

namespace Nvmepf.Tests.SocServer;

public sealed class BoardMapTests
{
    [Theory]
    [InlineData(0u, 0x38_0010ul, SocMap.Dbi + 0x38_0010)]
    [InlineData(1u, 0x0_0300ul, SocMap.Apb + 0x300)]
    [InlineData(1u, 0x1_0150ul, SocMap.Pmu + 0x150)]
    [InlineData(1u, 0x2_0100ul, SocMap.PhpGrf + 0x100)]
    [InlineData(1u, 0x3_2104ul, SocMap.PhyGrf + 0x2104)]
    [InlineData(1u, 0x4_0070ul, SocMap.Gpio4 + 0x70)]
    [InlineData(1u, 0x8_8a00ul, SocMap.Cru + 0x8a00)]
    [InlineData(2u, 0x3fff_fffcul, SocMap.Outbound + 0x3fff_fffc)]
    public void Each_offset_in_a_bar_is_a_register_of_the_soc(uint bar, ulong offset, ulong address)
    {
        Assert.True(BoardMap.TryTranslate(bar, offset, out ulong actual));
        Assert.Equal(address, actual);
    }

    [Theory]
    [InlineData(0x1_1000ul)]
    [InlineData(0x5_0000ul)]
    [InlineData(0xd_c000ul)]
    [InlineData(0xf_fffcul)]
    public void Between_the_blocks_there_is_nothing(ulong offset) => Assert.False(BoardMap.TryTranslate(BoardMap.SystemBar, offset, out _));

    [Fact]
    public void The_bars_size_as_the_standard_says()
    {
        BoardConfigurationSpace space = new();
        byte[] ones = [0xff, 0xff, 0xff, 0xff];
        uint[] sizing = [0xffc0_0000, 0xfff0_0000, 0xc000_000c, 0xffff_ffff, 0, 0];
        for (int bar = 0; bar < sizing.Length; bar++)
        {
            space.Write(0x10 + (bar * 4), ones);
            Assert.Equal(sizing[bar], Read32(space, 0x10 + (bar * 4)));
        }

        space.Reset();
        Assert.Equal(0xcu, Read32(space, 0x18));
    }

    [Fact]
    public void Identity_is_read_only()
    {
        BoardConfigurationSpace space = new();
        space.Write(0, [0, 0, 0, 0]);
        Assert.Equal(0x3588_1d87u, Read32(space, 0));
        Assert.Equal(0x058000u, Read32(space, 8) >> 8);
        Assert.Equal(0x5043_1d87u, Read32(space, 0x2c));
    }

    private static uint Read32(BoardConfigurationSpace space, int offset)
    {
        byte[] word = new byte[4];
        space.Read(offset, word);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }
}
