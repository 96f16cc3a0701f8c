using System.Buffers.Binary;
using System.Text;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// What Identify Controller (NVMe Base 2.1 section 5.1.13.2.1) says, read by byte offsets from the standard's figure rather than
/// through the firmware's struct.
/// </summary>
public sealed class ControllerFacts
{
    private readonly byte[] _data;

    /// <summary>Facts from the 4096 bytes of CNS 01h.</summary>
    public ControllerFacts(byte[] data) => _data = data;

    /// <summary>VID.</summary>
    public ushort VendorId => Word(0);

    /// <summary>SSVID.</summary>
    public ushort SubsystemVendorId => Word(2);

    /// <summary>SN without its padding.</summary>
    public string SerialNumber => Ascii(4, 20);

    /// <summary>MN without its padding.</summary>
    public string ModelNumber => Ascii(24, 40);

    /// <summary>FR without its padding.</summary>
    public string FirmwareRevision => Ascii(64, 8);

    /// <summary>MDTS: the largest transfer is 2^this pages of CAP.MPSMIN; 0 is no limit.</summary>
    public byte MaximumDataTransferSize => _data[77];

    /// <summary>CNTLID.</summary>
    public ushort ControllerId => Word(78);

    /// <summary>VER.</summary>
    public uint Version => DoubleWord(80);

    /// <summary>OAES.</summary>
    public uint OptionalAsynchronousEvents => DoubleWord(92);

    /// <summary>OACS.</summary>
    public ushort OptionalAdminCommands => Word(256);

    /// <summary>ACL: concurrent Abort commands less one.</summary>
    public byte AbortCommandLimitZeroBased => _data[258];

    /// <summary>AERL: outstanding Asynchronous Event Requests less one.</summary>
    public byte AsynchronousEventRequestLimitZeroBased => _data[259];

    /// <summary>ELPE: entries of the error log less one.</summary>
    public byte ErrorLogPageEntriesZeroBased => _data[262];

    /// <summary>LPA.</summary>
    public byte LogPageAttributes => _data[261];

    /// <summary>KAS in units of 100 ms; 0 when Keep Alive is not supported.</summary>
    public ushort KeepAliveSupport => Word(320);

    /// <summary>SQES: required (3:0) and largest (7:4) entry size of submission queues, log2.</summary>
    public byte SubmissionQueueEntrySizes => _data[512];

    /// <summary>CQES: the same for completion queues.</summary>
    public byte CompletionQueueEntrySizes => _data[513];

    /// <summary>NN.</summary>
    public uint NumberOfNamespaces => DoubleWord(516);

    /// <summary>ONCS.</summary>
    public ushort OptionalNvmCommands => Word(520);

    /// <summary>VWC.</summary>
    public byte VolatileWriteCache => _data[525];

    /// <summary>SGLS.</summary>
    public uint SglSupport => DoubleWord(536);

    /// <summary>SUBNQN.</summary>
    public string SubsystemNqn => Ascii(768, 256).TrimEnd('\0');

    /// <summary>Whether I/O commands may use SGLs (SGLS bits 1:0).</summary>
    public bool SglSupported => (SglSupport & 3) != 0;

    /// <summary>Whether SGLs may hold bit buckets (SGLS bit 16).</summary>
    public bool BitBucketSupported => (SglSupport & (1u << 16)) != 0;

    /// <summary>Whether Compare is supported (ONCS bit 0).</summary>
    public bool CompareSupported => (OptionalNvmCommands & 1) != 0;

    /// <summary>Whether Dataset Management is supported (ONCS bit 2).</summary>
    public bool DatasetManagementSupported => (OptionalNvmCommands & 4) != 0;

    /// <summary>Whether Write Zeroes is supported (ONCS bit 3).</summary>
    public bool WriteZeroesSupported => (OptionalNvmCommands & 8) != 0;

    /// <summary>Whether Verify is supported (ONCS bit 7).</summary>
    public bool VerifySupported => (OptionalNvmCommands & 0x80) != 0;

    /// <summary>Largest transfer in bytes; 1 MiB where the controller sets no limit, which is as much as this host asks for then.</summary>
    /// <param name="minimumPageLengthBytes">The page size of CAP.MPSMIN.</param>
    public int TransferLengthMaxBytes(int minimumPageLengthBytes) =>
        MaximumDataTransferSize == 0 ? 1 << 20 : (int)Math.Min(1L << 28, (long)minimumPageLengthBytes << MaximumDataTransferSize);

    private ushort Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_data.AsSpan(offset));

    private uint DoubleWord(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(offset));

    private string Ascii(int offset, int length) => Encoding.ASCII.GetString(_data, offset, length).TrimEnd(' ');
}
