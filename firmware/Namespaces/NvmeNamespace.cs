using System.Numerics;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>One namespace: an identifier, a shape in logical blocks, and the backend that holds the bytes.</summary>
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
