using Nvmepf.Hal;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed class ConfigurationSpaceTests
{
    private readonly ConfigurationSpace _space = new(Rig.Identity, 0x4000);

    [Theory]
    [InlineData(0x00, 4, 0xbeef1b96u)]
    [InlineData(0x04, 2, 0x0000u)]
    [InlineData(0x06, 2, 0x0010u)]
    [InlineData(0x08, 4, 0x01080202u)]
    [InlineData(0x0e, 1, 0x00u)]
    [InlineData(0x10, 4, 0x00000004u)]
    [InlineData(0x14, 4, 0x00000000u)]
    [InlineData(0x18, 4, 0x00000000u)]
    [InlineData(0x2c, 4, 0x00011b96u)]
    [InlineData(0x30, 4, 0x00000000u)]
    [InlineData(0x34, 1, 0x40u)]
    [InlineData(0x3d, 1, 0x00u)]
    [InlineData(0x40, 2, 0x5001u)]
    [InlineData(0x42, 2, 0x0003u)]
    [InlineData(0x44, 2, 0x0008u)]
    [InlineData(0x50, 2, 0x9010u)]
    [InlineData(0x52, 2, 0x0002u)]
    [InlineData(0x54, 4, 0x10008021u)]
    [InlineData(0x58, 2, 0x2810u)]
    [InlineData(0x90, 2, 0x0011u)]
    [InlineData(0x92, 2, 0x0008u)]
    [InlineData(0x94, 4, 0x00002000u)]
    [InlineData(0x98, 4, 0x00003000u)]
    [InlineData(0x100, 4, 0x00000000u)]
    public void Registers_begin_with_these_values(int offset, int width, uint value) => Assert.Equal(value, Read(offset, width));

    [Theory]
    [InlineData(0x00, 4, 0xffffffffu, 0xbeef1b96u)] // IDs are read-only
    [InlineData(0x04, 2, 0xffffu, 0x0546u)] // Command
    [InlineData(0x06, 2, 0xffffu, 0x0010u)] // Status
    [InlineData(0x08, 4, 0xffffffffu, 0x01080202u)]
    [InlineData(0x0c, 1, 0x10u, 0x10u)] // Cache Line Size
    [InlineData(0x0d, 1, 0xffu, 0x00u)] // Latency Timer
    [InlineData(0x10, 4, 0xffffffffu, 0xffffc004u)] // BAR 0 sizes as 16 KiB, 64-bit, not prefetchable
    [InlineData(0x14, 4, 0xffffffffu, 0xffffffffu)]
    [InlineData(0x18, 4, 0xffffffffu, 0x00000000u)] // BARs 2 to 5 do not exist
    [InlineData(0x1c, 4, 0xffffffffu, 0x00000000u)]
    [InlineData(0x20, 4, 0xffffffffu, 0x00000000u)]
    [InlineData(0x24, 4, 0xffffffffu, 0x00000000u)]
    [InlineData(0x10, 4, 0xfe403123u, 0xfe400004u)]
    [InlineData(0x30, 4, 0xfffff800u, 0x00000000u)] // no option ROM
    [InlineData(0x34, 1, 0xffu, 0x40u)]
    [InlineData(0x3c, 1, 0x0bu, 0x0bu)] // Interrupt Line
    [InlineData(0x3d, 1, 0xffu, 0x00u)] // Interrupt Pin
    [InlineData(0x44, 2, 0xffffu, 0x000bu)] // D3hot
    [InlineData(0x44, 2, 0x0001u, 0x0008u)] // D1 does not exist
    [InlineData(0x44, 2, 0x0002u, 0x0008u)] // nor D2
    [InlineData(0x54, 4, 0xffffffffu, 0x10008021u)]
    [InlineData(0x58, 2, 0x7fffu, 0x79ffu)] // Device Control
    [InlineData(0x5a, 2, 0xffffu, 0x0000u)] // Device Status
    [InlineData(0x60, 2, 0xffffu, 0x00cbu)] // Link Control
    [InlineData(0x62, 2, 0xffffu, 0x0043u)] // Link Status
    [InlineData(0x92, 2, 0xffffu, 0xc008u)] // MSI-X Message Control
    [InlineData(0x94, 4, 0xffffffffu, 0x00002000u)]
    [InlineData(0x98, 4, 0xffffffffu, 0x00003000u)]
    [InlineData(0x100, 4, 0xffffffffu, 0x00000000u)]
    [InlineData(0xffc, 4, 0xffffffffu, 0x00000000u)]
    public void A_write_changes_the_writable_bits_alone(int offset, int width, uint written, uint read)
    {
        Write(offset, width, written);
        Assert.Equal(read, Read(offset, width));
    }

    [Fact]
    public void Nothing_outside_the_capabilities_and_the_header_can_be_changed()
    {
        byte[] before = All();
        _space.Write(0, Enumerable(0xff, ConfigurationSpace.LengthBytes));
        byte[] after = All();
        for (int i = 0xa0; i < ConfigurationSpace.LengthBytes; i++)
        {
            Assert.Equal(before[i], after[i]);
        }
    }

    [Fact]
    public void The_capability_list_ends_and_holds_the_three()
    {
        byte[] bytes = All();
        List<byte> ids = [];
        for (int at = bytes[0x34]; at != 0; at = bytes[at + 1])
        {
            Assert.True(ids.Count < 48, "the list does not end");
            ids.Add(bytes[at]);
        }

        Assert.Equal([0x01, 0x10, 0x11], ids);
    }

    [Fact]
    public void Function_level_reset_is_asked_for_by_bit_15_which_reads_as_0()
    {
        Assert.Equal(ConfigurationEffects.None, Write(0x58, 2, 0x2810));
        Assert.Equal(ConfigurationEffects.FunctionLevelReset, Write(0x58, 2, 0xa810));
        Assert.Equal(0x2810u, Read(0x58, 2));
        Assert.Equal(ConfigurationEffects.FunctionLevelReset, Write(0x59, 1, 0x80));
        Assert.Equal(ConfigurationEffects.None, Write(0x5a, 2, 0x8000));
    }

    [Fact]
    public void Bus_master_and_MSI_X_enable_can_be_seen()
    {
        Assert.False(_space.IsBusMasterEnabled);
        Write(0x04, 2, 0x0406);
        Assert.True(_space.IsBusMasterEnabled);
        Assert.False(_space.IsMsixEnabled);
        Write(0x92, 2, 0xc000);
        Assert.True(_space.IsMsixEnabled); // the mask of the function is the client's to apply
        Write(0x92, 2, 0x4000);
        Assert.False(_space.IsMsixEnabled);
    }

    [Theory]
    [InlineData(0, 0, 0, new byte[] { 0x01, 0x10 })]
    [InlineData(9, 0, 1, new byte[] { 0x01, 0x10, 0x11 })]
    [InlineData(0, 4, 2, new byte[] { 0x01, 0x10, 0x05 })]
    [InlineData(9, 4, 4, new byte[] { 0x01, 0x10, 0x11, 0x05 })]
    public void What_the_identity_does_not_have_is_not_there(int vectors, int messages, byte pin, byte[] capabilities)
    {
        ConfigurationSpace space = new(Rig.Identity with { MsixVectorCount = vectors, MsiMessageCount = messages, InterruptPin = pin }, 0x4000);
        byte[] bytes = new byte[ConfigurationSpace.LengthBytes];
        space.Read(0, bytes);
        List<byte> ids = [];
        for (int at = bytes[0x34]; at != 0; at = bytes[at + 1])
        {
            Assert.True(ids.Count < 48, "the list does not end");
            ids.Add(bytes[at]);
        }

        Assert.Equal(capabilities, ids);
        Assert.Equal(pin, bytes[0x3d]);
        Assert.Equal(0, vectors == 0 ? bytes[0x90] : 0);
        Assert.Equal(0, messages == 0 ? bytes[0xa0] : 0);
    }

    [Theory]
    [InlineData(1, 0x0180u, 0x00000001u)]
    [InlineData(2, 0x0182u, 0x00000003u)]
    [InlineData(5, 0x0186u, 0x000000ffu)] // a power of two
    [InlineData(32, 0x018au, 0xffffffffu)]
    public void MSI_is_64_bits_wide_with_a_mask_for_each_message(int messages, uint control, uint mask)
    {
        ConfigurationSpace space = new(Rig.Identity with { MsiMessageCount = messages }, 0x4000);
        Assert.Equal(control, Read(space, 0xa2, 2));
        space.Write(0xa0, Enumerable(0xff, 0x20));
        Assert.Equal(0x0005u, Read(space, 0xa0, 2));
        Assert.Equal(control | 0x71, Read(space, 0xa2, 2));
        Assert.Equal(0xfffffffcu, Read(space, 0xa4, 4));
        Assert.Equal(0xffffffffu, Read(space, 0xa8, 4));
        Assert.Equal(0x0000ffffu, Read(space, 0xac, 4));
        Assert.Equal(mask, Read(space, 0xb0, 4));
        Assert.Equal(0u, Read(space, 0xb4, 4));
        Assert.Equal(0u, Read(space, 0xb8, 4));
    }

    [Fact]
    public void MSI_grants_what_the_host_enables_and_no_more_than_is_offered()
    {
        ConfigurationSpace space = new(Rig.Identity with { MsiMessageCount = 4 }, 0x4000);
        Assert.False(space.IsMsiEnabled);
        space.Write(0xa2, [0x11]);
        Assert.True(space.IsMsiEnabled);
        Assert.Equal(2, space.MessagesGranted);
        space.Write(0xa2, [0x51]);
        Assert.Equal(4, space.MessagesGranted);
    }

    [Fact]
    public void A_conventional_reset_restores_everything()
    {
        byte[] before = All();
        _space.Write(0, Enumerable(0x5a, 256));
        Assert.NotEqual(before, All());
        _space.Reset(ResetKind.Conventional);
        Assert.Equal(before, All());
    }

    [Fact]
    public void A_function_level_reset_keeps_payload_size_and_link_control()
    {
        Write(0x04, 2, 0x0006);
        Write(0x58, 2, 0x503f);
        Write(0x60, 2, 0x0040);
        _space.Reset(ResetKind.FunctionLevel);
        Assert.Equal(0u, Read(0x04, 2));
        Assert.Equal(0x2830u, Read(0x58, 2));
        Assert.Equal(0x0040u, Read(0x60, 2));
    }

    private static byte[] Enumerable(byte value, int count)
    {
        byte[] bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    private byte[] All()
    {
        byte[] bytes = new byte[ConfigurationSpace.LengthBytes];
        _space.Read(0, bytes);
        return bytes;
    }

    private uint Read(int offset, int width) => Read(_space, offset, width);

    private static uint Read(ConfigurationSpace space, int offset, int width)
    {
        byte[] bytes = new byte[4];
        space.Read(offset, bytes.AsSpan(0, width));
        return BitConverter.ToUInt32(bytes);
    }

    private ConfigurationEffects Write(int offset, int width, uint value) => _space.Write(offset, BitConverter.GetBytes(value).AsSpan(0, width));
}
