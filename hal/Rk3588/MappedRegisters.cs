// Finds the register blocks and maps them: /dev/mem at their physical addresses, a UIO device's maps, or the BARs of a PCI device that
// stands for the SoC. Opens, maps, checks; what the registers mean is not here.

using System.Globalization;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Where the kernel has what the sources need; tests have directories of their own.</summary>
/// <param name="PhysicalMemory">The file of all physical memory.</param>
/// <param name="PciDevices">Directory of PCI devices.</param>
/// <param name="UioClass">Directory of UIO devices' descriptions.</param>
/// <param name="Compatible">What the machine's device tree says that it is: names that end with zero bytes.</param>
internal sealed record SystemPaths(
    string PhysicalMemory = "/dev/mem",
    string PciDevices = "/sys/bus/pci/devices",
    string UioClass = "/sys/class/uio",
    string Compatible = "/sys/firmware/devicetree/base/compatible");

/// <summary>Register blocks mapped into this process, until disposed.</summary>
public sealed unsafe partial class MappedRegisters : IDisposable
{
    // 4 MiB for each of the 16 outbound regions: more than the longest queue, and less page table than all of the window.
    private const uint OutboundMappedBytes = 64u << 20;

    private const string SocName = "rockchip,rk3588";

    private readonly List<(nint Address, nuint LengthBytes)> _mappings = [];
    private readonly List<int> _descriptors = [];

    private MappedRegisters()
    {
    }

    /// <summary>The blocks.</summary>
    public RegisterBlocks Blocks { get; private set; } = new() { Dbi = 0, Apb = 0, Outbound = 0 };

    /// <summary>Maps what the options name. No register is accessed.</summary>
    /// <exception cref="PlatformException">It is not there, is something else, or may not be mapped; the text says what to do.</exception>
    public static MappedRegisters Open(Rk3588Options options) => Open(options, new SystemPaths());

    /// <summary>The same with other system paths.</summary>
    internal static MappedRegisters Open(Rk3588Options options, SystemPaths paths)
    {
        MappedRegisters made = new();
        try
        {
            made.Blocks = options.Registers.Kind switch
            {
                RegisterSourceKind.PhysicalMemory => made.MapPhysicalMemory(options, paths),
                RegisterSourceKind.Uio => made.MapUio(options.Registers.Name, paths),
                RegisterSourceKind.PciDevice => made.MapPciDevice(options, paths),
                _ => options.Registers.Blocks ?? throw new PlatformException("rk3588: no register blocks were given"),
            };
            return made;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            made.Dispose();
            throw new PlatformException($"rk3588: the registers cannot be found: {FileProblem.Describe(problem)}", problem);
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps everything.</summary>
    public void Dispose()
    {
        foreach ((nint address, nuint lengthBytes) in _mappings)
        {
            _ = MemoryMappings.Unmap((void*)address, lengthBytes);
        }

        _mappings.Clear();
        _descriptors.ForEach(descriptor => _ = Files.Close(descriptor));
        _descriptors.Clear();
    }

    private RegisterBlocks MapPhysicalMemory(Rk3588Options options, SystemPaths paths)
    {
        CheckMachine(paths.Compatible);
        string path = paths.PhysicalMemory;
        int descriptor = OpenAlone(path, "/dev/mem needs root and a kernel with CONFIG_DEVMEM");
        nint Block(ulong address, uint lengthBytes, string name) => Map(descriptor, (long)address, lengthBytes, error => error == -Errno.EPERM
            ? $"rk3588: {path}: {name} at {address:X}h cannot be mapped: EPERM: a driver has claimed it (/proc/iomem says which) and the kernel has "
                + "CONFIG_IO_STRICT_DEVMEM; boot with iomem=relaxed"
            : $"rk3588: {path}: {name} at {address:X}h cannot be mapped: {Errno.Describe(error)}");

        bool isCold = options.BringUp == BringUpMode.Cold;
        nint BlockForColdStart(ulong address, uint lengthBytes, string name) => isCold ? Block(address, lengthBytes, name) : 0;
        return new RegisterBlocks
        {
            Dbi = Block(SocAddresses.Dbi, SocAddresses.DbiLengthBytes, "the DBI"),
            Apb = Block(SocAddresses.Apb, SocAddresses.ApbLengthBytes, "the APB client"),
            Outbound = Block(SocAddresses.Outbound, OutboundMappedBytes, "the outbound window"),
            OutboundLengthBytes = OutboundMappedBytes,
            Cru = Block(SocAddresses.Cru, SocAddresses.CruLengthBytes, "the clock and reset unit"),
            Pmu = Block(SocAddresses.Pmu, SocAddresses.PmuLengthBytes, "the power management unit"),
            PhpGrf = BlockForColdStart(SocAddresses.PhpGrf, SocAddresses.PhpGrfLengthBytes, "the PHP register file"),
            PhyGrf = BlockForColdStart(SocAddresses.PhyGrf, SocAddresses.PhyGrfLengthBytes, "the PHY's register file"),
            Gpio = options.PerstPin is GpioPin pin ? Block(SocAddresses.Gpio(pin.Bank), SocAddresses.GpioLengthBytes, $"GPIO bank {pin.Bank}") : 0,
        };
    }

    /// <summary>On any other machine something else is at these addresses.</summary>
    private static void CheckMachine(string compatible)
    {
        string[] names = File.Exists(compatible) ? File.ReadAllText(compatible).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        if (Array.IndexOf(names, SocName) < 0)
        {
            string machine = names.Length == 0 ? "it has no device tree" : string.Join(", ", names);
            throw new PlatformException(
                $"rk3588: this machine is not an RK3588 ({compatible}: {machine}); allowed: {SocName}, or registers=pci:DDDD:BB:DD.F for a model");
        }
    }

    private RegisterBlocks MapPciDevice(Rk3588Options options, SystemPaths paths)
    {
        string directory = Path.Join(paths.PciDevices, options.Registers.Name);
        int configuration = OpenAlone(
            Path.Join(directory, "config"), "no such PCI device; allowed: registers=pci:DDDD:BB:DD.F as lspci -D prints it, as root");
        ModelBars.CheckIdentity(configuration, options.Registers.Name);
        nint Bar(int index, uint lengthBytes)
        {
            string path = Path.Join(directory, string.Create(CultureInfo.InvariantCulture, $"resource{index}"));
            int descriptor = OpenFile(path, "the device has no such BAR, or the kernel gave it no address (dmesg says why)");
            _ = Files.Status(descriptor, out FileStatus status);
            if ((ulong)status.SizeBytes < lengthBytes)
            {
                throw new PlatformException($"rk3588: {path}: {status.SizeBytes} bytes; wanted: {lengthBytes} or more: not a model of the SoC");
            }

            return Map(descriptor, 0, lengthBytes, error => $"rk3588: {path}: cannot be mapped: {Errno.Describe(error)}");
        }

        nint dbi = Bar(0, SocAddresses.DbiLengthBytes);
        nint rest = Bar(1, ModelBars.SystemLengthBytes);
        nint outbound = Bar(2, OutboundMappedBytes);
        ModelBars.EnableMemory(configuration, options.Registers.Name);
        bool hasGpio = options.PerstPin is GpioPin { Bank: ModelBars.GpioBank };
        return new RegisterBlocks
        {
            Dbi = dbi,
            Apb = rest + ModelBars.Apb,
            Outbound = outbound,
            OutboundLengthBytes = OutboundMappedBytes,
            Cru = rest + ModelBars.Cru,
            Pmu = rest + ModelBars.Pmu,
            PhpGrf = rest + ModelBars.PhpGrf,
            PhyGrf = rest + ModelBars.PhyGrf,
            Gpio = hasGpio ? rest + ModelBars.Gpio : 0,
        };
    }

    /// <summary>Opens a device that no other process may drive at the same time.</summary>
    private int OpenAlone(string path, string advice)
    {
        int descriptor = OpenFile(path, advice);
        if (Files.Lock(descriptor, LockOperation.Exclusive | LockOperation.NonBlocking) == -Errno.EAGAIN)
        {
            throw new PlatformException($"rk3588: {path}: another process drives the endpoint already; allowed: one");
        }

        return descriptor;
    }

    private int OpenFile(string path, string advice)
    {
        int descriptor = Files.Open(path, OpenFlags.ReadWrite | OpenFlags.Sync | OpenFlags.CloseOnExec);
        if (descriptor < 0)
        {
            throw new PlatformException($"rk3588: {path}: cannot be opened: {Errno.Describe(descriptor)}; {advice}");
        }

        _descriptors.Add(descriptor);
        return descriptor;
    }

    private nint Map(int descriptor, long offsetBytes, uint lengthBytes, Func<int, string> describe)
    {
        int error = MemoryMappings.MapFile(descriptor, offsetBytes, lengthBytes, MemoryProtection.ReadWrite, MapFlags.Shared, out void* address);
        if (error != 0)
        {
            throw new PlatformException(describe(error));
        }

        _mappings.Add(((nint)address, lengthBytes));
        return (nint)address;
    }
}
