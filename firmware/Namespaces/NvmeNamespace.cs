using System.Numerics;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// One namespace of one controller: an identifier, a shape in logical blocks, and the backend that holds the bytes. What several controllers
/// share of it is <see cref="State"/>.
/// </summary>
public sealed class NvmeNamespace
{
    /// <summary>Creates a namespace over a backend; the size is what the backend holds, in whole blocks.</summary>
    /// <param name="namespaceId">NSID, 1 or more.</param>
    /// <param name="backend">Owner of the bytes.</param>
    /// <param name="blockBytes">Logical block size in bytes: a power of two of 512 or more.</param>
    /// <param name="uuid">UUID, stable over restarts.</param>
    /// <param name="nguid">NGUID, 16 bytes, all zero for none.</param>
    public NvmeNamespace(uint namespaceId, NamespaceBackend backend, uint blockBytes, Guid uuid, byte[] nguid)
    {
        NamespaceId = namespaceId;
        Backend = backend;
        BlockBytes = blockBytes;
        BlockShift = BitOperations.Log2(blockBytes);
        Uuid = uuid;
        Nguid = nguid;
        SizeBlocks = backend.SizeBytes >> BlockShift;
    }

    /// <summary>What keeps the controller's commands from it; a field, so that the test is a load.</summary>
    public AccessGate Gate;

    /// <summary>NSID.</summary>
    public uint NamespaceId { get; }

    /// <summary>Owner of the bytes.</summary>
    public NamespaceBackend Backend { get; }

    /// <summary>Logical block size in bytes.</summary>
    public uint BlockBytes { get; }

    /// <summary>log2 of <see cref="BlockBytes"/>.</summary>
    public int BlockShift { get; }

    /// <summary>Size in logical blocks (NSZE); a trailing part of a block is not offered.</summary>
    public ulong SizeBlocks { get; private set; }

    /// <summary>UUID (identification descriptor type 3).</summary>
    public Guid Uuid { get; }

    /// <summary>NGUID (identification descriptor type 2), 16 bytes.</summary>
    public byte[] Nguid { get; }

    /// <summary>Attached to the controller and usable (nvmet's enable).</summary>
    public bool IsActive { get; set; } = true;

    /// <summary>Write protection and reservations; the same object for every controller of the subsystem.</summary>
    public NamespaceState State { get; init; } = new();

    /// <summary>
    /// False where the blocks outlive a loss of power and <see cref="State"/> does not, so that nothing may be promised of it that lasts.
    /// </summary>
    public bool CanKeepState { get; init; } = true;

    /// <summary>How the controller sees the shared state; null until it has the namespace.</summary>
    public NamespaceView? View { get; private set; }

    /// <summary>Makes <see cref="View"/> for a controller that is about to have the namespace; allocates, so not on a reactor.</summary>
    public void MakeView(ushort controllerIdentifier, NewsFlag news) => View ??= new NamespaceView(this, controllerIdentifier, news);

    /// <summary>
    /// A controller has the namespace from here on. Where others are in the shared state this moment, or too many have it, it has not.
    /// </summary>
    /// <param name="news">Where the controller looks for news of its namespaces.</param>
    /// <param name="host">Host behind the controller.</param>
    /// <returns>False where it has to be tried again.</returns>
    public bool TryAttach(NewsFlag news, HostIdentity host)
    {
        if (!State.TryEnter())
        {
            return false;
        }

        Invariant.Check(View is not null && View.News == news, "each controller has namespace objects of its own, with a view made before");
        View!.Host = host;
        bool isAttached = State.TryAttach(View);
        State.Exit();
        return isAttached;
    }

    /// <summary>The same namespace for another controller of the subsystem; backend and state are shared.</summary>
    public NvmeNamespace ForAnotherController() => new(NamespaceId, Backend, BlockBytes, Uuid, Nguid)
    {
        SizeBlocks = SizeBlocks,
        IsActive = IsActive,
        AnaGroupId = AnaGroupId,
        State = State,
        CanKeepState = CanKeepState,
    };

    /// <summary>The controller has it no longer.</summary>
    /// <returns>False where others are in the shared state this moment: try again.</returns>
    public bool TryDetach()
    {
        if (View is null)
        {
            return true;
        }

        if (!State.TryEnter())
        {
            return false;
        }

        State.Detach(View);
        State.Exit();
        return true;
    }

    /// <summary>ANA group, 1 by default.</summary>
    public uint AnaGroupId { get; set; } = 1;

    /// <summary>
    /// Gives it another size. A backend keeps the largest it has had, so that commands that were accepted before stay inside it.
    /// </summary>
    /// <returns>False where the backend cannot be larger than it is.</returns>
    public bool TryResize(ulong sizeBytes)
    {
        if (sizeBytes > Backend.SizeBytes && !Backend.TryGrow(sizeBytes))
        {
            return false;
        }

        SizeBlocks = sizeBytes >> BlockShift;
        return true;
    }
}
