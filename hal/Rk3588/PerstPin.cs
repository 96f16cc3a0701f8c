namespace Nvmepf.Hal.Rk3588;

/// <summary>What PERST# did since the last look.</summary>
internal enum PerstChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It went low: the host resets the bus.</summary>
    Asserted,

    /// <summary>It went high.</summary>
    Released,
}

/// <summary>PERST# on a pin of the SoC, low while asserted. Without a pin it is never asserted.</summary>
internal sealed class PerstPin
{
    private readonly GpioPin? _pin;
    private readonly Gpio _gpio;
    private bool _wasAsserted;

    /// <exception cref="PlatformException">A pin was named whose bank is not mapped.</exception>
    internal PerstPin(RegisterBlocks blocks, Rk3588Options options)
    {
        _pin = options.PerstPin;
        _gpio = new Gpio(blocks.Gpio);
        if (_pin is GpioPin pin && blocks.Gpio == 0)
        {
            throw new PlatformException(
                $"rk3588: perst=gpio{pin.Bank}.{pin.Pin}: this source of registers does not have GPIO banks; allowed: registers=devmem, or no perst");
        }
    }

    /// <summary>There is a pin.</summary>
    internal bool IsUsed => _pin is not null;

    /// <summary>
    /// Makes the pin an input: as an output, which it is for a root port, it would fight the host. Its level then is what changes are counted from.
    /// </summary>
    internal void SetUp()
    {
        if (_pin is not GpioPin pin)
        {
            return;
        }

        ushort bit = (ushort)(1 << (pin.Pin % 16));
        if (pin.Pin < 16)
        {
            _gpio.DirectionLow.Write(mask: default(GpioDirectionLow) with { Outputs = bit }, value: default);
        }
        else
        {
            _gpio.DirectionHigh.Write(mask: default(GpioDirectionHigh) with { Outputs = bit }, value: default);
        }

        _wasAsserted = IsAsserted();
    }

    /// <summary>Whether it is low now. A sample only: <see cref="Poll"/> still reports the change.</summary>
    internal bool IsAsserted() => _pin is GpioPin pin && (_gpio.Input.Read().Pins & (1u << pin.Pin)) == 0;

    /// <summary>Looks at the pin once.</summary>
    internal PerstChange Poll()
    {
        bool was = _wasAsserted;
        _wasAsserted = IsAsserted();
        return was == _wasAsserted ? PerstChange.None : _wasAsserted ? PerstChange.Asserted : PerstChange.Released;
    }
}
