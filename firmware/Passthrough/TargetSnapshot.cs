using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>One namespace of the target as it was when the snapshot was made.</summary>
/// <param name="NamespaceId">NSID, the target's and the host's.</param>
/// <param name="Descriptor">The open <c>/dev/ngXnY</c>, or -1 while the target is gone.</param>
/// <param name="BlockShift">log2 of the logical block in bytes.</param>
/// <param name="PageIndex">Where its two pages are: Identify Namespace, then the Namespace Identification Descriptor list.</param>
public readonly record struct TargetNamespace(uint NamespaceId, int Descriptor, int BlockShift, int PageIndex);

/// <summary>
/// What is known of a target: the open devices, and the Identify data that hosts are answered from, so that a host can be answered, and even
/// boot, while the target is away. Never changed once it is published; the control thread makes a new one instead.
/// </summary>
/// <remarks>
/// Pages are native memory. The controller's are the target's own and are changed when a host is answered, those of namespaces are already as
/// hosts get them (<see cref="IdentityCorrection"/>). The maker owns descriptors and memory and takes both back when no reactor uses the snapshot any more.
/// </remarks>
public sealed unsafe class TargetSnapshot : IDisposable
{
    /// <summary>Most namespaces of a target that are passed on.</summary>
    public const int NamespacesMax = 256;

    private const int ControllerPages = 2;
    private const int NamespacePages = 2;
    private readonly TargetNamespace[] _namespaces;
    private byte* _pages; // ControllerPages + NamespacePages a namespace, IdentifyData.SizeBytes each; freed in Dispose

    /// <summary>Allocates it, zeroed.</summary>
    /// <param name="controllerDescriptor">The open <c>/dev/nvmeX</c>, or -1 while the target is gone.</param>
    /// <param name="namespaces">The namespaces in ascending order of NSID; their page indexes are given here.</param>
    public TargetSnapshot(int controllerDescriptor, ReadOnlySpan<TargetNamespace> namespaces)
    {
        ControllerDescriptor = controllerDescriptor;
        _namespaces = namespaces.ToArray();
        for (int i = 0; i < _namespaces.Length; i++)
        {
            _namespaces[i] = _namespaces[i] with { PageIndex = ControllerPages + (i * NamespacePages) };
        }

        nuint bytes = (nuint)(ControllerPages + (NamespacePages * _namespaces.Length)) * IdentifyData.SizeBytes;
        _pages = (byte*)NativeMemory.AllocZeroed(bytes);
    }

    /// <summary>The open <c>/dev/nvmeX</c>, or -1 while the target is gone.</summary>
    public int ControllerDescriptor { get; }

    /// <summary>Namespaces in ascending order of NSID.</summary>
    public ReadOnlySpan<TargetNamespace> Namespaces => _namespaces;

    /// <summary>The target's Identify Controller data (CNS 01h).</summary>
    public IdentifyController* Controller => (IdentifyController*)_pages;

    /// <summary>The target's limits of the NVM command set (CNS 06h); zero where it has none.</summary>
    public byte* NvmController => _pages + IdentifyData.SizeBytes;

    /// <summary>Identify Namespace data (CNS 00h) as hosts get it.</summary>
    public IdentifyNamespace* Identify(in TargetNamespace target) => (IdentifyNamespace*)Page(target.PageIndex);

    /// <summary>Namespace Identification Descriptor list (CNS 03h) as hosts get it.</summary>
    public byte* Descriptors(in TargetNamespace target) => Page(target.PageIndex + 1);

    /// <summary>Index of a namespace in <see cref="Namespaces"/>, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(uint namespaceId)
    {
        // Most targets number their namespaces 1, 2, 3...
        uint guess = namespaceId - 1;
        return guess < (uint)_namespaces.Length && _namespaces[guess].NamespaceId == namespaceId ? (int)guess : Search(namespaceId);
    }

    /// <summary>True where two snapshots say the same of a namespace, but for how much of it is in use (NUSE), which changes all the time.</summary>
    public bool IsSameNamespace(int index, TargetSnapshot other, int otherIndex)
    {
        ReadOnlySpan<byte> mine = new(Page(_namespaces[index].PageIndex), NamespacePages * IdentifyData.SizeBytes);
        ReadOnlySpan<byte> others = new(other.Page(other._namespaces[otherIndex].PageIndex), NamespacePages * IdentifyData.SizeBytes);
        return IsSameExceptUse(mine, others) && _namespaces[index].NamespaceId == other._namespaces[otherIndex].NamespaceId;
    }

    /// <summary>True where two Identify Namespace structures agree in all but NUSE.</summary>
    public static bool IsSameExceptUse(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        const int UseOffset = 16;
        const int UseEnd = UseOffset + sizeof(ulong);
        return one[..UseOffset].SequenceEqual(other[..UseOffset]) && one[UseEnd..].SequenceEqual(other[UseEnd..]);
    }

    /// <summary>The same knowledge without open devices: what is published while the target is away.</summary>
    public TargetSnapshot WithoutDevices()
    {
        TargetNamespace[] namespaces = Array.ConvertAll(_namespaces, target => target with { Descriptor = -1 });
        TargetSnapshot copy = new(-1, namespaces);
        long bytes = (long)(ControllerPages + (NamespacePages * _namespaces.Length)) * IdentifyData.SizeBytes;
        Buffer.MemoryCopy(_pages, copy._pages, bytes, bytes);
        return copy;
    }

    /// <summary>Closes the devices and frees the memory.</summary>
    public void Dispose()
    {
        if (_pages == null)
        {
            return;
        }

        NativeMemory.Free(_pages);
        _pages = null;
        foreach (TargetNamespace target in _namespaces)
        {
            Close(target.Descriptor);
        }

        Close(ControllerDescriptor);
    }

    private static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            _ = Files.Close(descriptor);
        }
    }

    private byte* Page(int index) => _pages + ((nint)index * IdentifyData.SizeBytes);

    private int Search(uint namespaceId)
    {
        for (int i = 0; i < _namespaces.Length; i++)
        {
            if (_namespaces[i].NamespaceId == namespaceId)
            {
                return i;
            }
        }

        return -1;
    }
}
