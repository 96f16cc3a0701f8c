using System.IO;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Xunit;

namespace Nvmepf.Tests.Rk3588;

/// <summary>The sources of register blocks over ordinary files: what is mapped where, and what is refused.</summary>
public sealed class RegisterSourceTests : IDisposable
{
    private const string PciName = "0000:00:04.0";
    private readonly string _root = Directory.CreateTempSubdirectory("nvmepf-registers").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(0, 0x00_0000, "dbi")]
    [InlineData(1, 0x0_0000, "apb")]
    [InlineData(1, 0x1_0000, "pmu")]
    [InlineData(1, 0x2_0000, "php")]
    [InlineData(1, 0x3_0000, "phy")]
    [InlineData(1, 0x4_0000, "gpio")]
    [InlineData(1, 0x8_0000, "cru")]
    [InlineData(2, 0, "outbound")]
    public void A_pci_devices_bars_hold_the_blocks(int bar, long offset, string block)
    {
        MakePciDevice(0x3588_1D87, 0x5043_1D87);
        Poke(Path.Join(_root, PciName, $"resource{bar}"), offset, 0x600D_C0DE);
        using MappedRegisters mapped = MappedRegisters.Open(PciOptions(), Paths());
        Assert.Equal(0x600D_C0DEu, ReadAt(Pointer(mapped.Blocks, block)));
        Assert.Equal(0x9_0000_0000ul, mapped.Blocks.OutboundSocAddress);
    }

    [Fact]
    public void A_pci_device_gets_memory_and_bus_master_enabled()
    {
        MakePciDevice(0x3588_1D87, 0x5043_1D87);
        MappedRegisters.Open(PciOptions(), Paths()).Dispose();
        Assert.Equal(6, CommandOfDevice() & 6);
    }

    [Theory]
    [InlineData(0x3588_1D87u, 0x0001_1D87u, "PCI device 0000:00:04.0 is 1d87:3588, subsystem 1d87:0001; allowed: 1d87:3588 with subsystem ID 5043")]
    [InlineData(0xBEEF_1B96u, 0x5043_1D87u, "PCI device 0000:00:04.0 is 1b96:beef")]
    public void Another_pci_device_is_refused_and_left_alone(uint identity, uint subsystem, string text)
    {
        MakePciDevice(identity, subsystem);
        Assert.Contains(text, Refusal(PciOptions()), StringComparison.Ordinal);
        Assert.Equal(0, CommandOfDevice());
    }

    [Fact]
    public void A_device_that_is_not_there_or_too_small_or_in_use_is_refused()
    {
        Assert.Contains("config: cannot be opened: ENOENT", Refusal(PciOptions()), StringComparison.Ordinal);
        MakePciDevice(0x3588_1D87, 0x5043_1D87);
        MakeFile(Path.Join(_root, PciName, "resource1"), 0x1000);
        Assert.Contains("resource1: 4096 bytes; wanted: 1048576", Refusal(PciOptions()), StringComparison.Ordinal);
        MakeFile(Path.Join(_root, PciName, "resource1"), 0x10_0000);
        using (MappedRegisters mapped = MappedRegisters.Open(PciOptions(), Paths()))
        {
            Assert.Contains("another process drives the endpoint", Refusal(PciOptions()), StringComparison.Ordinal);
        }

        using MappedRegisters again = MappedRegisters.Open(PciOptions(), Paths());
    }

    [Theory]
    [InlineData(0xA_4000_0000, "dbi")]
    [InlineData(0xFE15_0000, "apb")]
    [InlineData(0xFD7C_0000, "cru")]
    [InlineData(0xFD8D_8000, "pmu")]
    [InlineData(0xFD5B_0000, "php")]
    [InlineData(0xFD5B_8000, "phy")]
    [InlineData(0xFEC4_0000, "gpio")]
    [InlineData(0x9_0000_0000, "outbound")]
    public void Physical_memory_holds_the_blocks_at_their_addresses(long address, string block)
    {
        string memory = Path.Join(_root, "mem");
        MakeFile(memory, 0xA_4040_0000);
        Poke(memory, address, 0x600D_C0DE);
        Rk3588Options options = new()
        {
            Registers = new RegisterSource(RegisterSourceKind.PhysicalMemory), PerstPin = new GpioPin(3, 0),
        };
        using MappedRegisters mapped = MappedRegisters.Open(options, Paths());
        Assert.Equal(0x600D_C0DEu, ReadAt(Pointer(mapped.Blocks, block)));
    }

    [Fact]
    public void A_take_over_maps_neither_the_phys_registers_nor_pins()
    {
        MakeFile(Path.Join(_root, "mem"), 0xA_4040_0000);
        Rk3588Options options = new() { Registers = new RegisterSource(RegisterSourceKind.PhysicalMemory), BringUp = BringUpMode.TakeOver };
        using MappedRegisters mapped = MappedRegisters.Open(options, Paths());
        Assert.Equal([0, 0, 0], new nint[] { mapped.Blocks.PhpGrf, mapped.Blocks.PhyGrf, mapped.Blocks.Gpio });
        Assert.DoesNotContain(0, new nint[] { mapped.Blocks.Cru, mapped.Blocks.Pmu });
    }

    [Fact]
    public void Physical_memory_that_is_not_there_is_refused()
    {
        Rk3588Options options = new() { Registers = new RegisterSource(RegisterSourceKind.PhysicalMemory) };
        Assert.Contains("cannot be opened: ENOENT (no such file or directory); /dev/mem needs root", Refusal(options), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it has no device tree")]
    [InlineData("pine64,rock64\0rockchip,rk3328\0", "pine64,rock64, rockchip,rk3328")]
    [InlineData("radxa,rock-5a\0rockchip,rk3588s\0", "rockchip,rk3588s")]
    public void Physical_memory_of_another_machine_is_left_alone(string compatible, string text)
    {
        MakeFile(Path.Join(_root, "mem"), 0xA_4040_0000);
        Rk3588Options options = new() { Registers = new RegisterSource(RegisterSourceKind.PhysicalMemory) };
        string message = Assert.Throws<PlatformException>(() => MappedRegisters.Open(options, Paths(compatible))).Message;
        Assert.Contains("this machine is not an RK3588", message, StringComparison.Ordinal);
        Assert.Contains(text, message, StringComparison.Ordinal);
    }

    // Without a UIO device here: the file stands for one, whose maps begin a page apart, so that only the first can be looked at.
    [Fact]
    public void A_uio_devices_maps_are_found_by_their_names()
    {
        Rk3588Options options = UioOptions();
        MakeFile(options.Registers.Name, 0x80_0000);
        MakeUioMap(0, "dbi", 0xA_4000_0000, 0x10_0000);
        MakeUioMap(1, "dbi2", 0xA_4010_0000, 0x10_0000);
        MakeUioMap(2, "apb", 0xFE15_0000, 0x1_0000);
        MakeUioMap(3, "addr_space", 0x9_0000_0000, 0x4000_0000);
        Assert.Contains("no map is called atu (there are: dbi, dbi2, apb, addr_space)", Refusal(options), StringComparison.Ordinal);
        MakeUioMap(4, "atu", 0xA_4030_0000, 0x10_0000);
        for (int map = 0; map < 5; map++)
        {
            Poke(options.Registers.Name, map * Environment.SystemPageSize, 0x600D_0000u + (uint)map);
        }

        using MappedRegisters mapped = MappedRegisters.Open(options, Paths());
        Assert.Equal(0x600D_0000u, ReadAt(mapped.Blocks.Dbi));
        Assert.Equal(0x600D_0001u, ReadAt(mapped.Blocks.Dbi + 0x10_0000));
        Assert.Equal(0x600D_0004u, ReadAt(mapped.Blocks.Dbi + 0x30_0000));
        Assert.Equal(0x600D_0002u, ReadAt(mapped.Blocks.Apb));
        Assert.Equal(0x600D_0003u, ReadAt(mapped.Blocks.Outbound));
    }

    [Fact]
    public void A_uio_map_that_is_too_short_is_refused()
    {
        Rk3588Options options = UioOptions();
        MakeFile(options.Registers.Name, 0x80_0000);
        MakeUioMap(0, "dbi", 0xA_4000_0000, 0x40_0000);
        MakeUioMap(1, "apb", 0xFE15_0000, 0x1000);
        MakeUioMap(2, "addr_space", 0x9_0000_0000, 0x4000_0000);
        Assert.Contains("map apb has 1000h bytes; wanted: 10000h", Refusal(options), StringComparison.Ordinal);
    }

    private static Rk3588Options PciOptions() => new()
    {
        Registers = new RegisterSource(RegisterSourceKind.PciDevice, PciName), PerstPin = new GpioPin(4, 14),
    };

    private Rk3588Options UioOptions() => new() { Registers = new RegisterSource(RegisterSourceKind.Uio, Path.Join(_root, "uio0")) };

    private SystemPaths Paths(string compatible = "radxa,rock-5b\0rockchip,rk3588\0")
    {
        File.WriteAllText(Path.Join(_root, "compatible"), compatible);
        return new(Path.Join(_root, "mem"), _root, Path.Join(_root, "class"), Path.Join(_root, "compatible"));
    }

    private string Refusal(Rk3588Options options) =>
        Assert.Throws<PlatformException>(() => MappedRegisters.Open(options, Paths())).Message;

    private int CommandOfDevice() => File.ReadAllBytes(Path.Join(_root, PciName, "config"))[4];

    private void MakePciDevice(uint identity, uint subsystem)
    {
        string directory = Path.Join(_root, PciName);
        _ = Directory.CreateDirectory(directory);
        MakeFile(Path.Join(directory, "config"), 256);
        Poke(Path.Join(directory, "config"), 0, identity);
        Poke(Path.Join(directory, "config"), 0x2C, subsystem);
        MakeFile(Path.Join(directory, "resource0"), 0x40_0000);
        MakeFile(Path.Join(directory, "resource1"), 0x10_0000);
        MakeFile(Path.Join(directory, "resource2"), 0x4000_0000);
    }

    private void MakeUioMap(int index, string name, ulong address, ulong length)
    {
        string directory = Path.Join(_root, "class", "uio0", "maps", $"map{index}");
        _ = Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, "name"), name + "\n");
        File.WriteAllText(Path.Join(directory, "addr"), $"0x{address:x16}\n");
        File.WriteAllText(Path.Join(directory, "size"), $"0x{length:x16}\n");
    }

    private static void MakeFile(string path, long length)
    {
        using FileStream file = File.Create(path);
        file.SetLength(length);
    }

    private static void Poke(string path, long offset, uint value)
    {
        using FileStream file = File.OpenWrite(path);
        file.Position = offset;
        file.Write(BitConverter.GetBytes(value));
    }

    private static nint Pointer(RegisterBlocks blocks, string name) => name switch
    {
        "dbi" => blocks.Dbi,
        "apb" => blocks.Apb,
        "cru" => blocks.Cru,
        "pmu" => blocks.Pmu,
        "php" => blocks.PhpGrf,
        "phy" => blocks.PhyGrf,
        "gpio" => blocks.Gpio,
        _ => blocks.Outbound,
    };

    private static unsafe uint ReadAt(nint address) => Mmio.Read32((uint*)address);
}
