// MartletLogTesting
