// Registers as types: what may be done to a register is a property of its type, and its fields are a type of their own. A block is a
// struct over a base address with one property for each register. Accesses are single aligned 32-bit loads and stores.

namespace Nvmepf.Hal.Mmio;

/// <summary>The fields of one 32-bit register: a value, no address.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
public interface IRegisterFields<TSelf>
    where TSelf : unmanaged, IRegisterFields<TSelf>
{
    /// <summary>All 32 bits.</summary>
    uint Raw { get; }

    /// <summary>The fields of a raw value.</summary>
    static abstract TSelf FromRaw(uint raw);
}

/// <summary>A register that is only read.</summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct ReadOnlyRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One load.</summary>
    public T Read() => T.FromRaw(Mmio.Read32((uint*)Address));
}

/// <summary>A register that is only written.</summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct WriteOnlyRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One store.</summary>
    public void Write(T value) => Mmio.Write32((uint*)Address, value.Raw);
}

/// <summary>A register that is read and written.</summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct ReadWriteRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One load.</summary>
    public T Read() => T.FromRaw(Mmio.Read32((uint*)Address));

    /// <summary>One store.</summary>
    public void Write(T value) => Mmio.Write32((uint*)Address, value.Raw);
}

/// <summary>A status register whose bits are cleared by writing ones.</summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct WriteOneToClearRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One load.</summary>
    public T Read() => T.FromRaw(Mmio.Read32((uint*)Address));

    /// <summary>Clears the bits that are 1 in <paramref name="bits"/>; the others stay.</summary>
    public void Clear(T bits) => Mmio.Write32((uint*)Address, bits.Raw);
}

/// <summary>A register whose upper 16 bits enable the write of the lower 16, bit by bit (Rockchip's convention); reads give the plain value.</summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct HighWordMaskRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One load.</summary>
    public T Read() => T.FromRaw(Mmio.Read32((uint*)Address));

    /// <summary>Writes the bits under <paramref name="mask"/> in one store; the others stay without being read.</summary>
    public void Write(T mask, T value) => Mmio.Write32((uint*)Address, (mask.Raw << 16) | (value.Raw & mask.Raw & 0xFFFF));
}

/// <summary>
/// A PCI control and status pair: the low 16 bits are read and written, the high 16 bits are status that is cleared by ones
/// (Command and Status, Device Control and Status, Link Control and Status). A write of the control half leaves the status alone.
/// </summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct ControlStatusRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One load of both halves.</summary>
    public T Read() => T.FromRaw(Mmio.Read32((uint*)Address));

    /// <summary>Writes the control half in one store, with zeroes to the status half, which change nothing there.</summary>
    public void Write(T value) => Mmio.Write32((uint*)Address, value.Raw & 0xFFFF);

    /// <summary>Clears status bits by one store of 16 bits: the control half may be somebody else's to write.</summary>
    public void ClearStatus(T bits) => Mmio.Write16((ushort*)(Address + 2), (ushort)(bits.Raw >> 16));
}

/// <summary>A register that is one number: half of an address, a length.</summary>
/// <param name="Raw">The number.</param>
public readonly record struct RegisterWord(uint Raw) : IRegisterFields<RegisterWord>
{
    /// <inheritdoc/>
    public static RegisterWord FromRaw(uint raw) => new(raw);
}
