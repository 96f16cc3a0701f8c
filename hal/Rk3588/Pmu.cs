// Power management unit: the power domains PD_PCIE and PD_PHP.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Power domains of the PCIe controllers.</summary>
/// <param name="Base">First byte of the unit, FD8D_8000h on the board.</param>
public readonly record struct Pmu(nint Base)
{
    /// <summary>110h: requests that buses be idle.</summary>
    public HighWordMaskRegister<BusIdleRequest> IdleRequest => new(Base + 0x110);

    /// <summary>120h: buses that are idle.</summary>
    public ReadOnlyRegister<BusIdleStatus> IdleStatus => new(Base + 0x120);

    /// <summary>150h: power switches.</summary>
    public HighWordMaskRegister<PowerGate> PowerGate => new(Base + 0x150);

    /// <summary>1F8h: power of the domains' memories.</summary>
    public ReadOnlyRegister<MemoryPowerStatus> MemoryStatus => new(Base + 0x1F8);

    /// <summary>290h: domains that are on and repaired.</summary>
    public ReadOnlyRegister<RepairStatus> RepairStatus => new(Base + 0x290);
}

/// <summary>Requests that buses be idle.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct BusIdleRequest(uint Raw) : IRegisterFields<BusIdleRequest>
{
    /// <summary>Bit 5: PD_PHP.</summary>
    public bool Php { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <inheritdoc/>
    public static BusIdleRequest FromRaw(uint raw) => new(raw);
}

/// <summary>Buses that are idle.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct BusIdleStatus(uint Raw) : IRegisterFields<BusIdleStatus>
{
    /// <summary>Bit 21: PD_PHP.</summary>
    public bool Php { get => RegisterBits.Test(Raw, 21); init => Raw = RegisterBits.With(Raw, 21, value); }

    /// <inheritdoc/>
    public static BusIdleStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Power switches; 1 is off.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PowerGate(uint Raw) : IRegisterFields<PowerGate>
{
    /// <summary>Bit 5: PD_PHP.</summary>
    public bool PhpOff { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <summary>Bit 7: PD_PCIE.</summary>
    public bool PcieOff { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <inheritdoc/>
    public static PowerGate FromRaw(uint raw) => new(raw);
}

/// <summary>Power of the domains' memories.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MemoryPowerStatus(uint Raw) : IRegisterFields<MemoryPowerStatus>
{
    /// <summary>Bit 31: PD_PCIE.</summary>
    public bool Pcie { get => RegisterBits.Test(Raw, 31); init => Raw = RegisterBits.With(Raw, 31, value); }

    /// <inheritdoc/>
    public static MemoryPowerStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Domains that are on and repaired.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct RepairStatus(uint Raw) : IRegisterFields<RepairStatus>
{
    /// <summary>Bit 20: PD_PHP is on.</summary>
    public bool Php { get => RegisterBits.Test(Raw, 20); init => Raw = RegisterBits.With(Raw, 20, value); }

    /// <summary>Bit 22: PD_PCIE is on.</summary>
    public bool Pcie { get => RegisterBits.Test(Raw, 22); init => Raw = RegisterBits.With(Raw, 22, value); }

    /// <inheritdoc/>
    public static RepairStatus FromRaw(uint raw) => new(raw);
}
