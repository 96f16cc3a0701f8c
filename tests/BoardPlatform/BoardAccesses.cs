// Every device access of the thread that makes it, on its way to the model: what was read and what was written.
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardAccesses : IRegisterTrap, IDisposable
{
    private readonly IRegisterTrap _model;

    internal BoardAccesses(IRegisterTrap model)
    {
        _model = model;
        RegisterTrap.Current = this;
    }

    internal HashSet<nuint> Read { get; } = [];

    internal List<nuint> Written { get; } = [];

    internal void Clear()
    {
        Read.Clear();
        Written.Clear();
    }

    public bool TryRead(nuint address, int widthBytes, out ulong value)
    {
        bool isDevice = _model.TryRead(address, widthBytes, out value);
        _ = isDevice && Read.Add(address);
        return isDevice;
    }

    public bool TryWrite(nuint address, int widthBytes, ulong value)
    {
        bool isDevice = _model.TryWrite(address, widthBytes, value);
        if (isDevice)
        {
            Written.Add(address);
        }

        return isDevice;
    }

    public void Barrier(BarrierKind kind) => _model.Barrier(kind);

    public void Maintain(nuint address, nuint lengthBytes, bool invalidate) => _model.Maintain(address, lengthBytes, invalidate);

    public void Dispose() => RegisterTrap.Current = _model;
}
