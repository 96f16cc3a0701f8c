using System.Diagnostics.CodeAnalysis;

namespace Nvmepf.Hal.Mmio;

/// <summary>Which ordering a barrier asks for; see <see cref="Barrier"/>.</summary>
public enum BarrierKind
{
    /// <summary>Memory stores before a doorbell or window store.</summary>
    BeforeDoorbell,

    /// <summary>A status load before loads of what it announces.</summary>
    AfterStatus,

    /// <summary>A store before a load of something else.</summary>
    BetweenStoreAndLoad,

    /// <summary>Everything before everything, the end of cache maintenance included.</summary>
    Full,
}

/// <summary>
/// What stands in for hardware behind <see cref="Mmio"/>, <see cref="Barrier"/> and <see cref="CacheMaintenance"/>: a register model in tests.
/// </summary>
public interface IRegisterTrap
{
    /// <summary>A load; false where the address is ordinary memory.</summary>
    bool TryRead(nuint address, int widthBytes, out ulong value);

    /// <summary>A store; false where the address is ordinary memory.</summary>
    bool TryWrite(nuint address, int widthBytes, ulong value);

    /// <summary>A barrier of the firmware's.</summary>
    void Barrier(BarrierKind kind);

    /// <summary>Lines cleaned to memory (<c>dc cvac</c>), or cleaned and invalidated (<c>dc civac</c>).</summary>
    void Maintain(nuint address, nuint lengthBytes, bool invalidate);
}

/// <summary>
/// The switch that routes device accesses to a model. Off in the published binary, where the compiler removes every trace of it;
/// on in the tests' process.
/// </summary>
public static class RegisterTrap
{
    [ThreadStatic]
    private static IRegisterTrap? t_current;

    /// <summary>The compile-time switch <c>Nvmepf.RegisterTrap</c>.</summary>
    [FeatureSwitchDefinition("Nvmepf.RegisterTrap")]
    public static bool IsSupported { get; } = AppContext.TryGetSwitch("Nvmepf.RegisterTrap", out bool isOn) && isOn;

    /// <summary>The model of the calling thread, or null: one thread drives one model, so that tests run side by side.</summary>
    public static IRegisterTrap? Current
    {
        get => t_current;
        set => t_current = value;
    }
}
