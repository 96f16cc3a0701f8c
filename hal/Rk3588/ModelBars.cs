using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// How a PCI device stands for the SoC, so that firmware in a virtual machine drives a model of the endpoint: BAR 0 is the DBI block,
/// BAR 1 the blocks below, BAR 2 the outbound window.
/// </summary>
internal static unsafe class ModelBars
{
    internal const int Apb = 0x00000;
    internal const int Pmu = 0x10000;
    internal const int PhpGrf = 0x20000;
    internal const int PhyGrf = 0x30000;
    internal const int Gpio = 0x40000;
    internal const int Cru = 0x80000;
    internal const int GpioBank = 4;
    internal const uint SystemLengthBytes = 0x10_0000;

    private const uint VendorAndDevice = 0x3588_1D87;
    private const ushort SubsystemId = 0x5043;
    private const ushort MemorySpaceAndBusMaster = 6;

    /// <summary>Refuses any other device: its registers are not the ones that are about to be written.</summary>
    internal static void CheckIdentity(int configuration, string name)
    {
        uint identity = Read32(configuration, 0x00);
        uint subsystem = Read32(configuration, 0x2C);
        if (identity != VendorAndDevice || subsystem >> 16 != SubsystemId)
        {
            throw new PlatformException(
                $"rk3588: PCI device {name} is {identity & 0xFFFF:x4}:{identity >> 16:x4}, subsystem {subsystem & 0xFFFF:x4}:{subsystem >> 16:x4}; "
                + $"allowed: {VendorAndDevice & 0xFFFF:x4}:{VendorAndDevice >> 16:x4} with subsystem ID {SubsystemId:x4}, a model of the SoC");
        }
    }

    /// <summary>Turns on Memory Space, so that the BARs answer, and Bus Master, so that the endpoint reaches this machine's memory.</summary>
    internal static void EnableMemory(int configuration, string name)
    {
        ushort command = (ushort)(Read32(configuration, 0x04) | MemorySpaceAndBusMaster);
        long written = Files.WriteAt(configuration, &command, sizeof(ushort), 0x04);
        if (written != sizeof(ushort))
        {
            throw new PlatformException($"rk3588: PCI device {name}: its Command register cannot be written: {Errno.Describe((int)written)}");
        }
    }

    private static uint Read32(int configuration, long offset)
    {
        uint value = 0;
        return Files.ReadAt(configuration, &value, sizeof(uint), offset) == sizeof(uint) ? value : 0;
    }
}
