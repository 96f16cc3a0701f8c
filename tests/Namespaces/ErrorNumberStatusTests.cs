using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

public sealed class ErrorNumberStatusTests
{
    [Theory]
    [InlineData(0, StatusCode.Success, StatusCode.Success)]
    [InlineData(Errno.EIO, StatusCode.UnrecoveredReadError, StatusCode.WriteFault)]
    [InlineData(Errno.ENODATA, StatusCode.UnrecoveredReadError, StatusCode.WriteFault)]
    [InlineData(Errno.ENODEV, StatusCode.UnrecoveredReadError, StatusCode.WriteFault)]
    [InlineData(12345, StatusCode.UnrecoveredReadError, StatusCode.WriteFault)]
    [InlineData(Errno.ENOSPC, StatusCode.CapacityExceeded, StatusCode.CapacityExceeded)]
    [InlineData(Errno.EDQUOT, StatusCode.CapacityExceeded, StatusCode.CapacityExceeded)]
    [InlineData(Errno.EFBIG, StatusCode.CapacityExceeded, StatusCode.CapacityExceeded)]
    [InlineData(Errno.EROFS, StatusCode.AccessDenied, StatusCode.NamespaceIsWriteProtected)]
    [InlineData(Errno.EPERM, StatusCode.AccessDenied, StatusCode.NamespaceIsWriteProtected)]
    [InlineData(Errno.ECANCELED, StatusCode.AbortRequested, StatusCode.AbortRequested)]
    [InlineData(Errno.EFAULT, StatusCode.DataTransferError, StatusCode.DataTransferError)]
    [InlineData(Errno.EAGAIN, StatusCode.CommandInterrupted, StatusCode.CommandInterrupted)]
    [InlineData(Errno.ENOMEM, StatusCode.InternalError, StatusCode.InternalError)]
    [InlineData(Errno.EINVAL, StatusCode.InternalError, StatusCode.InternalError)]
    public void An_error_number_becomes_the_status_of_its_direction(int errorNumber, StatusCode read, StatusCode write)
    {
        Assert.Equal(read, ErrorNumberStatus.Of(BackendOperationKind.Read, errorNumber).Code);
        Assert.Equal(write, ErrorNumberStatus.Of(BackendOperationKind.Write, errorNumber).Code);
        Assert.Equal(write, ErrorNumberStatus.Of(BackendOperationKind.Flush, errorNumber).Code);
    }

    [Fact]
    public void Only_what_time_may_heal_may_be_retried()
    {
        Assert.True(ErrorNumberStatus.Of(BackendOperationKind.Write, Errno.ENOSPC).DoNotRetry);
        Assert.True(ErrorNumberStatus.Of(BackendOperationKind.Read, Errno.EIO).DoNotRetry);
        Assert.False(ErrorNumberStatus.Of(BackendOperationKind.Read, Errno.EAGAIN).DoNotRetry);
        Assert.False(ErrorNumberStatus.Of(BackendOperationKind.Write, Errno.ENOMEM).DoNotRetry);
    }
}
