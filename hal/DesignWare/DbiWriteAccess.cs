// hal/DesignWare: register maps of the Synopsys DesignWare PCIe controller as it is built into the RK3588 (and of blocks that PCI itself
// defines). Offsets and fields only: no sequence, no policy, nothing of the SoC around it; those are in hal/Rk3588.
// 8- and 16-bit fields of configuration space share a 32-bit word with their neighbours here, because only words are safe on the bus.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>
/// Permission to write fields that are read-only to the host: DBI_RO_WR_EN of MISC_CONTROL_1 is set while it lives and cleared after.
/// Registers of type <see cref="ProtectedRegister{T}"/> demand it, so that no such write can be lost silently.
/// </summary>
public readonly ref struct DbiWriteAccess
{
    private readonly ReadWriteRegister<MiscControl1> _control;

    /// <summary>Sets DBI_RO_WR_EN.</summary>
    /// <param name="control">MISC_CONTROL_1 of the controller that is written.</param>
    public DbiWriteAccess(ReadWriteRegister<MiscControl1> control)
    {
        _control = control;
        control.Write(control.Read() with { ReadOnlyWriteEnable = true });
    }

    /// <summary>Clears DBI_RO_WR_EN.</summary>
    public void Dispose()
    {
        if (_control.Address != 0)
        {
            _control.Write(_control.Read() with { ReadOnlyWriteEnable = false });
        }
    }
}

/// <summary>A register with fields that are read-only unless <see cref="DbiWriteAccess"/> is held; without it a write is ignored.</summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct ProtectedRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One load.</summary>
    public T Read() => T.FromRaw(Mmio.Mmio.Read32((uint*)Address));

    /// <summary>One store.</summary>
    /// <param name="value">The whole word.</param>
    /// <param name="access">Proof that writes are allowed now.</param>
    public void Write(T value, in DbiWriteAccess access)
    {
        _ = access;
        Mmio.Mmio.Write32((uint*)Address, value.Raw);
    }
}

/// <summary>
/// A register of the shadow space (DBI2), which is written under <see cref="DbiWriteAccess"/> and cannot be read: a load at its address
/// gives the register in front of it.
/// </summary>
/// <param name="Address">Where it is mapped, 4-byte aligned; valid as long as its block.</param>
public readonly unsafe record struct ProtectedWriteOnlyRegister<T>(nint Address)
    where T : unmanaged, IRegisterFields<T>
{
    /// <summary>One store.</summary>
    /// <param name="value">The whole word.</param>
    /// <param name="access">Proof that writes are allowed now.</param>
    public void Write(T value, in DbiWriteAccess access)
    {
        _ = access;
        Mmio.Mmio.Write32((uint*)Address, value.Raw);
    }
}
