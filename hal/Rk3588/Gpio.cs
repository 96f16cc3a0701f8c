// A bank of general purpose pins (version 2 of the block); used for PERST# only.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>One bank of 32 pins, A0 to D7 as bits 0 to 31.</summary>
/// <param name="Base">First byte of the bank, FEC5_0000h for bank 4.</param>
public readonly record struct Gpio(nint Base)
{
    /// <summary>000h: levels driven, pins 0 to 15.</summary>
    public HighWordMaskRegister<GpioOutputLow> OutputLow => new(Base);

    /// <summary>004h: levels driven, pins 16 to 31.</summary>
    public HighWordMaskRegister<GpioOutputHigh> OutputHigh => new(Base + 0x004);

    /// <summary>008h: directions, pins 0 to 15.</summary>
    public HighWordMaskRegister<GpioDirectionLow> DirectionLow => new(Base + 0x008);

    /// <summary>00Ch: directions, pins 16 to 31.</summary>
    public HighWordMaskRegister<GpioDirectionHigh> DirectionHigh => new(Base + 0x00C);

    /// <summary>070h: levels seen.</summary>
    public ReadOnlyRegister<GpioInput> Input => new(Base + 0x070);

    /// <summary>078h: version of the block.</summary>
    public ReadOnlyRegister<GpioVersion> Version => new(Base + 0x078);
}

/// <summary>Levels driven.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GpioOutputLow(uint Raw) : IRegisterFields<GpioOutputLow>
{
    /// <summary>Bits 15:0: bit n: level of pin n.</summary>
    public ushort Pins { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <inheritdoc/>
    public static GpioOutputLow FromRaw(uint raw) => new(raw);
}

/// <summary>Levels driven.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GpioOutputHigh(uint Raw) : IRegisterFields<GpioOutputHigh>
{
    /// <summary>Bits 15:0: bit n: level of pin 16 + n.</summary>
    public ushort Pins { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <inheritdoc/>
    public static GpioOutputHigh FromRaw(uint raw) => new(raw);
}

/// <summary>Directions.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GpioDirectionLow(uint Raw) : IRegisterFields<GpioDirectionLow>
{
    /// <summary>Bits 15:0: bit n: pin n is an output.</summary>
    public ushort Outputs { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <inheritdoc/>
    public static GpioDirectionLow FromRaw(uint raw) => new(raw);
}

/// <summary>Directions.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GpioDirectionHigh(uint Raw) : IRegisterFields<GpioDirectionHigh>
{
    /// <summary>Bits 15:0: bit n: pin 16 + n is an output.</summary>
    public ushort Outputs { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <inheritdoc/>
    public static GpioDirectionHigh FromRaw(uint raw) => new(raw);
}

/// <summary>Levels seen.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GpioInput(uint Raw) : IRegisterFields<GpioInput>
{
    /// <summary>Bits 31:0: bit n: level of pin n.</summary>
    public uint Pins { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static GpioInput FromRaw(uint raw) => new(raw);
}

/// <summary>Version of the block.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GpioVersion(uint Raw) : IRegisterFields<GpioVersion>
{
    /// <summary>Bits 31:0: version.</summary>
    public uint Version { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static GpioVersion FromRaw(uint raw) => new(raw);
}
